"""Two streams that talk to each other in memory."""

import random

from firmware.rtp.events import SendRtcp, SrtpKeys, StreamEvent, StreamSettings
from firmware.rtp.packet import RtpPacket
from firmware.rtp.source_lock import Address
from firmware.rtp.srtp_transform import SUITES
from firmware.rtp.stream import RtpStream

HERE: Address = ("192.0.2.1", 4000)
THERE: Address = ("198.51.100.2", 5000)
VOICE = b"v" * 160
FRAME = 160


def keys(suite: str = "AEAD_AES_128_GCM", fill: int = 0) -> tuple[SrtpKeys, SrtpKeys]:
    """Keys of both ends; another `fill` is another key."""
    length = SUITES[suite].master_length
    one, other = bytes([fill]) * length, bytes([fill + 1]) * length
    return SrtpKeys(suite, one, other), SrtpKeys(suite, other, one)


def settings(remote: Address, srtp: SrtpKeys | None = None, **others: object) -> StreamSettings:
    """PCMU and telephone-events."""
    return StreamSettings(remote, {0: 8000}, 101, keys=srtp, **others)  # type: ignore[arg-type]


def stream(seed: int = 1, now: float = 0.0) -> RtpStream:
    return RtpStream(f"end-{seed}", random.Random(seed).randbytes, now)


def connected(srtp: tuple[SrtpKeys, SrtpKeys] | None = None) -> tuple[RtpStream, RtpStream]:
    """Two configured ends: ours at HERE, the peer's at THERE."""
    ours, theirs = stream(1), stream(2)
    one, other = srtp or (None, None)
    ours.configure(settings(THERE, one), 0.0)
    theirs.configure(settings(HERE, other), 0.0)
    return ours, theirs


def send(end: RtpStream, now: float, payload: bytes = VOICE) -> bytes:
    """The next datagram of a stream that may send."""
    datagram = end.send(payload, 0, FRAME, now)
    assert datagram is not None
    return datagram


def talk(
    sender: RtpStream, receiver: RtpStream, source: Address, count: int, begin: float = 0.0
) -> list[RtpPacket]:
    """The voice that arrives of `count` packets without loss."""
    packets = []
    for n in range(count):
        now = begin + n * 0.02
        packet = receiver.receive_rtp(send(sender, now), source, now)
        if packet is not None:
            packets.append(packet)
    return packets


def events(end: RtpStream) -> list[StreamEvent]:
    """All that it has to say."""
    told = []
    while (event := end.poll()) is not None:
        told.append(event)
    return told


def reports(end: RtpStream, now: float) -> list[SendRtcp]:
    """RTCP that becomes due at `now`."""
    end.on_deadline(now)
    return [event for event in events(end) if isinstance(event, SendRtcp)]
