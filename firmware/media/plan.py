"""What was negotiated for a stream, made ready outside the audio loop."""

from dataclasses import dataclass

from firmware.control.voice import CodecSpec, Configure
from firmware.media import codecs
from firmware.media.receiver import Receiver
from firmware.media.sender import Sender
from firmware.rtp.events import SrtpKeys, StreamSettings

PACKET_TIMES = (10, 20, 40, 60)
"""Milliseconds that a packet may last: whole blocks, and whole Opus frames (RFC 6716 section 2.1.4)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A `Configure` made ready: everything that takes time is done before the audio loop sees it."""

    codecs: tuple[CodecSpec, ...]
    ptime_ms: int
    send: bool
    receive: bool
    settings: StreamSettings
    sender: Sender
    receiver: Receiver

    @classmethod
    def of(cls, request: Configure) -> "Plan":
        """Raises ValueError, with a sentence for a person, when there is no codec that we have."""
        known = [(spec, codec) for spec in request.codecs if (codec := codecs.find(spec.name)) is not None]
        if not known:
            raise ValueError("None of the codecs that were agreed on is on this telephone.")
        spec, codec = known[0]
        formats = {spec.payload_type: codec for spec, codec in known}
        ptime_ms = max((time for time in PACKET_TIMES if time <= request.ptime_ms), default=PACKET_TIMES[0])
        return cls(
            request.codecs,
            ptime_ms,
            request.send,
            request.receive,
            settings_of(request, {number: codec.clock_rate for number, codec in formats.items()}),
            Sender(codec, spec.payload_type, ptime_ms, spec.fmtp),
            Receiver(formats, ptime_ms),
        )


def settings_of(request: Configure, clock_rates: dict[int, int]) -> StreamSettings:
    """The part of a `Configure` that is RTP's."""
    remote, remote_rtcp, keys = request.remote, request.remote_rtcp, request.srtp
    return StreamSettings(
        remote=(remote.host, remote.port) if remote else None,
        clock_rates=clock_rates,
        telephone_event=request.telephone_event,
        remote_rtcp=None if request.rtcp_mux or remote_rtcp is None else (remote_rtcp.host, remote_rtcp.port),
        keys=SrtpKeys(keys.suite, keys.send.master, keys.receive.master) if keys else None,
        secure_only=request.secure_only,
        receive=request.receive,
    )
