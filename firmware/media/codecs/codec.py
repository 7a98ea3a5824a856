"""What every codec is to the engine.

PCM is 16-bit mono at the codec's `sample_rate`, in the machine's byte order. A codec is a description; its
encoders and decoders hold the state of one stream each.
"""

from typing import Protocol

from firmware.media.kernel import Pcm


class Encoder(Protocol):
    """One stream, outgoing."""

    def encode(self, pcm: Pcm) -> bytes:
        """One packet's payload for exactly one packet time of PCM."""


class Decoder(Protocol):
    """One stream, incoming."""

    def decode(self, payload: bytes) -> bytearray:
        """The PCM of one payload; of a payload that makes no sense, what conceals it."""

    def conceal(self, samples: int, next_payload: bytes | None = None) -> bytearray:
        """So many samples in place of a lost packet, helped by the one after it where that has come."""


class Codec(Protocol):
    """A codec as RFC 3551 and its kin name it."""

    @property
    def name(self) -> str:
        """The rtpmap's encoding name, in upper case."""

    @property
    def clock_rate(self) -> int:
        """Of RTP timestamps, in Hz."""

    @property
    def sample_rate(self) -> int:
        """Of the PCM, in Hz: 8000 or 16000."""

    @property
    def payload_type(self) -> int | None:
        """The static payload type (RFC 3551 table 4), if there is one."""

    @property
    def channels(self) -> int:
        """As the rtpmap has it; the PCM is mono always."""

    @property
    def fmtp(self) -> str:
        """What we ask of those who send to us, as format parameters."""

    def encoder(self, ptime_ms: int, fmtp: str = "") -> Encoder:
        """For packets of `ptime_ms`, as the peer's format parameters wish."""

    def decoder(self) -> Decoder:
        """Of a new stream."""
