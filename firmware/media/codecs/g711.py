"""G.711: PCMU and PCMA (RFC 3551 sections 4.5.14), 64 kbit/s, 8 kHz, one octet a sample."""

from collections.abc import Callable
from dataclasses import dataclass

from firmware.media import kernel
from firmware.media.kernel import Pcm

RATE = 8000

Transform = Callable[[Pcm], bytearray]


@dataclass(frozen=True, slots=True)
class G711Encoder:
    """Stateless; here for the shape."""

    compress: Transform

    def encode(self, pcm: Pcm) -> bytes:
        """As many octets as samples."""
        return bytes(self.compress(pcm))


class G711Decoder:
    """The law of a stream, and what was heard of it last, from which losses are concealed."""

    def __init__(self, uncompress: Transform) -> None:
        self._uncompress = uncompress
        self._concealer = kernel.Concealer(RATE)

    def decode(self, payload: bytes) -> bytearray:
        """As many samples as octets."""
        pcm = self._uncompress(payload)
        self._concealer.heard(pcm)
        return pcm

    def conceal(self, samples: int, next_payload: bytes | None = None) -> bytearray:
        """Pitch periods over again; the next payload tells nothing about this one."""
        return self._concealer.conceal(samples)


@dataclass(frozen=True, slots=True)
class G711:
    """One of the two laws."""

    name: str
    payload_type: int
    compress: Transform
    uncompress: Transform
    clock_rate: int = RATE
    sample_rate: int = RATE
    channels: int = 1
    fmtp: str = ""

    def encoder(self, ptime_ms: int, fmtp: str = "") -> G711Encoder:
        """The packet time makes no difference."""
        return G711Encoder(self.compress)

    def decoder(self) -> G711Decoder:
        """Of a new stream."""
        return G711Decoder(self.uncompress)


PCMU = G711("PCMU", 0, kernel.ulaw_encode, kernel.ulaw_decode)
PCMA = G711("PCMA", 8, kernel.alaw_encode, kernel.alaw_decode)
