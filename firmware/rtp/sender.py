"""The numbering of what we send: SSRC, sequence, timestamp and marker, for voice and for keys pressed."""

from firmware.rtp.entropy import Entropy, random_bits
from firmware.rtp.packet import RtpPacket
from firmware.rtp.telephone_event import DigitSender


class Sender:
    """One source of ours."""

    __slots__ = ("_entropy", "_marker", "_timestamp", "digits", "sequence", "ssrc", "wrapped")

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self.digits = DigitSender()
        """Keys that wait to be sent."""
        self.renew()

    def renew(self) -> None:
        """Become another source. The sequence begins in the lower half, so that no loss at the beginning
        hides a wrap from the peer (RFC 3711 section 3.3.1)."""
        self.ssrc = random_bits(self._entropy, 32)
        self.sequence = random_bits(self._entropy, 16) >> 1
        """Of the packet to be sent next."""
        self.wrapped = False
        """Whether the sequence has wrapped since."""
        self._timestamp = random_bits(self._entropy, 32)
        self._marker = True

    def next(
        self, payload: bytes, payload_type: int, samples: int, marker: bool, telephone_event: int | None
    ) -> RtpPacket:
        """The packet for the next `samples`: `payload`, or a key that is being pressed."""
        timestamp, marker = self._timestamp, marker or self._marker
        if telephone_event is not None and self.digits.busy:
            event = self.digits.next(timestamp, samples)
            if event is not None:
                payload_type, payload = telephone_event, event.payload
                timestamp, marker = event.timestamp, event.marker
        packet = RtpPacket(payload_type, self.sequence, timestamp & 0xFFFF_FFFF, self.ssrc, payload, marker)
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.wrapped |= self.sequence == 0
        self._timestamp += samples
        self._marker = False
        return packet

    def skip(self, samples: int) -> None:
        """Let `samples` pass unsent; the next packet begins a talk spurt (RFC 3551 section 4.1)."""
        self._timestamp += samples
        self._marker = True
