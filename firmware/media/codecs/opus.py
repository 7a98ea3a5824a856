"""Opus (RFC 6716; in RTP, RFC 7587) through the system's libopus: speech, with in-band correction of losses.

It is loaded, not linked: a newer one (with better concealment) is used by putting it where the loader finds
it first.
"""

import re
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from firmware.media.kernel import Pcm
from firmware.media.kernel._kernel import ffi as _ffi
from firmware.media.kernel._kernel import lib as _kernel

LIBRARY = "libopus.so.0"
RATE = 16000
RTP_CLOCK = 48000
BIT_RATE = 24000
COMPLEXITY = 5
EXPECTED_LOSS_PERCENT = 10
"""How much loss in-band correction is made for; the library sends none for 0."""
MAX_PAYLOAD = 1275
"""Octets of the longest frame, RFC 6716 section 3.4 R2."""
MAX_PACKET_SAMPLES = RATE * 120 // 1000
"""RFC 6716 section 3.4 R5."""
MIN_BIT_RATE, MAX_BIT_RATE = 6000, 510000
"""RFC 7587 section 6.1, maxaveragebitrate."""

_VOIP = 2048
_SET_BIT_RATE, _SET_BANDWIDTH, _SET_COMPLEXITY = 4002, 4004, 4010
_SET_INBAND_FEC, _SET_LOSS_PERCENT, _SET_DTX = 4012, 4014, 4016
_BANDWIDTHS = {8000: 1101, 12000: 1102, 16000: 1103}
"""Audio bandwidths by the sample rate that holds them, RFC 6716 section 2."""

_FUNCTIONS = (
    *("opus_encoder_create", "opus_encoder_ctl", "opus_encode", "opus_encoder_destroy"),
    *("opus_decoder_create", "opus_decode", "opus_decoder_destroy"),
)

_PARAMETER = re.compile(r"\s*+([a-z]++)\s*+=\s*+([0-9]{1,6})\s*+", re.ASCII)


def _load() -> Any | None:
    """The library's functions by name; kernel.h declares them, as reading C here would take a tenth of a
    second and nine megabytes."""
    found = {name: _kernel.load_function(LIBRARY.encode(), name.encode()) for name in _FUNCTIONS}
    if _ffi.NULL in found.values():
        return None
    return SimpleNamespace(**{name: _ffi.cast(f"{name}_function *", at) for name, at in found.items()})


_library = _load()


def parameters(fmtp: str) -> dict[str, int]:
    """The numeric format parameters of RFC 7587 section 6.1; what is not understood is left out."""
    found = (_PARAMETER.fullmatch(part) for part in fmtp.lower().split(";"))
    return {match[1]: int(match[2]) for match in found if match}


class OpusEncoder:
    """One outgoing stream, as the peer's format parameters wish it."""

    def __init__(self, library: Any, ptime_ms: int, fmtp: str) -> None:
        self._library = library
        self._samples = RATE * ptime_ms // 1000
        self._room = _ffi.new("uint8_t[]", MAX_PAYLOAD)
        state = library.opus_encoder_create(RATE, 1, _VOIP, _ffi.NULL)
        self._state = _ffi.gc(state, library.opus_encoder_destroy)
        for request, value in self._wishes(parameters(fmtp)).items():
            library.opus_encoder_ctl(self._state, request, _ffi.cast("int32_t", value))

    @staticmethod
    def _wishes(asked: dict[str, int]) -> dict[int, int]:
        most = min(max(asked.get("maxaveragebitrate", BIT_RATE), MIN_BIT_RATE), MAX_BIT_RATE)
        playback = asked.get("maxplaybackrate", RTP_CLOCK)
        held = [rate for rate in _BANDWIDTHS if rate <= playback]
        return {
            _SET_BIT_RATE: min(BIT_RATE, most),
            _SET_COMPLEXITY: COMPLEXITY,
            _SET_BANDWIDTH: _BANDWIDTHS[max(held, default=8000)],
            _SET_INBAND_FEC: asked.get("useinbandfec", 0),
            _SET_LOSS_PERCENT: EXPECTED_LOSS_PERCENT * asked.get("useinbandfec", 0),
            _SET_DTX: asked.get("usedtx", 0),
        }

    def encode(self, pcm: Pcm) -> bytes:
        """One packet; empty should the library refuse, which it does for no packet time of its own."""
        samples = _ffi.from_buffer("int16_t[]", pcm)
        length = self._library.opus_encode(self._state, samples, self._samples, self._room, MAX_PAYLOAD)
        return bytes(_ffi.buffer(self._room, max(length, 0)))


class OpusDecoder:
    """One incoming stream."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self._room = _ffi.new("int16_t[]", MAX_PACKET_SAMPLES)
        state = library.opus_decoder_create(RATE, 1, _ffi.NULL)
        self._state = _ffi.gc(state, library.opus_decoder_destroy)

    def decode(self, payload: bytes) -> bytearray:
        """The packet's PCM; nothing if it is no Opus packet."""
        return self._decode(payload, MAX_PACKET_SAMPLES, 0)

    def conceal(self, samples: int, next_payload: bytes | None = None) -> bytearray:
        """From the coarse copy in the next packet (RFC 6716 section 2.1.7) if there is one, or made up."""
        pcm = self._decode(next_payload, samples, 1 if next_payload else 0)
        return pcm or bytearray(samples * 2)

    def _decode(self, payload: bytes | None, samples: int, correct: int) -> bytearray:
        octets = _ffi.from_buffer("uint8_t[]", payload) if payload else _ffi.NULL
        length = len(payload) if payload else 0
        made = self._library.opus_decode(self._state, octets, length, self._room, samples, correct)
        return bytearray(_ffi.buffer(self._room, max(made, 0) * 2))


@dataclass(frozen=True, slots=True)
class Opus:
    """Mono speech, though the rtpmap must say two channels (RFC 7587 section 7)."""

    library: Any
    name: str = "OPUS"
    clock_rate: int = RTP_CLOCK
    sample_rate: int = RATE
    payload_type: int | None = None
    channels: int = 2
    fmtp: str = "useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000"

    def encoder(self, ptime_ms: int, fmtp: str = "") -> OpusEncoder:
        """`ptime_ms` is 10, 20, 40 or 60."""
        return OpusEncoder(self.library, ptime_ms, fmtp)

    def decoder(self) -> OpusDecoder:
        """Of a new stream."""
        return OpusDecoder(self.library)


CODECS: tuple[Opus, ...] = () if _library is None else (Opus(_library),)
"""Opus, if this machine has it."""
