"""The sending half of a stream: blocks of PCM in, one payload for every packet time out."""

from firmware.media import kernel
from firmware.media.codecs import Codec
from firmware.media.kernel import Pcm
from firmware.media.pcm import BLOCK_MS, RATE


class Sender:
    """Collects what was captured and encodes it; the packet time is counted in samples, never by a clock."""

    def __init__(self, codec: Codec, payload_type: int, ptime_ms: int, fmtp: str) -> None:
        self.codec = codec
        self.payload_type = payload_type
        self.duration = codec.clock_rate * ptime_ms // 1000
        """Of one packet, in RTP timestamp units."""
        self._encoder = codec.encoder(ptime_ms, fmtp)
        rate = codec.sample_rate
        self._resampler = None if rate == RATE else kernel.Resampler(RATE, rate)
        self._packet_bytes = 2 * rate * ptime_ms // 1000
        self._collected = bytearray()

    def skip(self) -> int:
        """A block that is not sent, nor what was collected before; its length in RTP timestamp units."""
        self._collected.clear()
        return self.codec.clock_rate * BLOCK_MS // 1000

    def push(self, block: Pcm) -> bytes | None:
        """A block at the engine's rate; the payload that it completes, if it does."""
        collected = self._collected
        collected += block if self._resampler is None else self._resampler.process(block)
        if len(collected) < self._packet_bytes:
            return None
        payload = self._encoder.encode(bytes(collected[: self._packet_bytes]))
        del collected[: self._packet_bytes]
        return payload
