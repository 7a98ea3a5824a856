"""G.722 at 64 kbit/s (RFC 3551 section 4.5.2): 16 kHz speech under an RTP clock that says 8 kHz."""

from array import array
from dataclasses import dataclass

from G722 import G722 as SubBandCoder

from firmware.media import kernel
from firmware.media.kernel import Pcm

RATE = 16000
BIT_RATE = 64000


class G722Encoder:
    """The adaptive predictors of one outgoing stream."""

    def __init__(self) -> None:
        self._coder = SubBandCoder(RATE, BIT_RATE)

    def encode(self, pcm: Pcm) -> bytes:
        """One octet for two samples."""
        return bytes(self._coder.encode(array("h", bytes(pcm))))


class G722Decoder:
    """The adaptive predictors of one incoming stream, and what was heard of it last."""

    def __init__(self) -> None:
        self._coder = SubBandCoder(RATE, BIT_RATE)
        self._concealer = kernel.Concealer(RATE)

    def decode(self, payload: bytes) -> bytearray:
        """Two samples for one octet."""
        pcm = bytearray(self._coder.decode(payload))
        self._concealer.heard(pcm)
        return pcm

    def conceal(self, samples: int, next_payload: bytes | None = None) -> bytearray:
        """Pitch periods over again; the predictors wait where the loss left them."""
        return self._concealer.conceal(samples)


@dataclass(frozen=True, slots=True)
class G722:
    """The one mode that is used with RTP, mode 1."""

    name: str = "G722"
    clock_rate: int = 8000
    sample_rate: int = RATE
    payload_type: int = 9
    channels: int = 1
    fmtp: str = ""

    def encoder(self, ptime_ms: int, fmtp: str = "") -> G722Encoder:
        """The packet time makes no difference."""
        return G722Encoder()

    def decoder(self) -> G722Decoder:
        """Of a new stream."""
        return G722Decoder()
