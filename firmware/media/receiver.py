"""The receiving half of a stream: packets in, blocks of PCM out, whatever the network does."""

from collections.abc import Mapping

from firmware.media import kernel
from firmware.media.codecs import Codec, Decoder
from firmware.media.pcm import BLOCK_BYTES, BLOCK_MS, RATE, SILENCE
from firmware.rtp.packet import RtpPacket
from firmware.rtp.playout import Adjust, Conceal, Decode, Playout

QUIET_DBOV = -45
"""Level below which nobody speaks."""

PAUSE_SECONDS = 0.2
"""Quiet for so long is a pause, out of which a piece can be cut unheard; a plosive is quiet for less."""


class Voice:
    """A decoder with the way from its sample rate to the engine's."""

    __slots__ = ("_quiet", "_resampler", "codec", "decoder")

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.decoder: Decoder = codec.decoder()
        self._quiet = 0  # bytes since somebody spoke
        rate = codec.sample_rate
        self._resampler = None if rate == RATE else kernel.Resampler(rate, RATE)

    def decode(self, payload: bytes, adjust: Adjust) -> bytearray:
        """A packet's sound at the engine's rate, a pitch period shorter or longer where asked."""
        pcm = self.decoder.decode(payload)
        self._quiet = self._quiet + len(pcm) if kernel.level(pcm) < QUIET_DBOV else 0
        pause = self._quiet >= PAUSE_SECONDS * self.codec.sample_rate * 2
        if adjust == "accelerate" or (adjust == "trim" and pause):
            pcm = kernel.accelerate(pcm, self.codec.sample_rate)
        elif adjust == "expand":
            pcm = kernel.expand(pcm, self.codec.sample_rate)
        return self._raised(pcm)

    def conceal(self, duration: int, next_payload: bytes | None) -> bytearray:
        """What fills `duration` RTP timestamp units, at the engine's rate."""
        samples = duration * self.codec.sample_rate // self.codec.clock_rate
        return self._raised(self.decoder.conceal(samples, next_payload))

    def _raised(self, pcm: bytearray) -> bytearray:
        return pcm if self._resampler is None else self._resampler.process(pcm)


class Receiver:
    """Any of the negotiated payload types may come at any time; each has a decoder of its own."""

    def __init__(self, formats: Mapping[int, Codec], ptime_ms: int) -> None:
        """`formats` by payload type, the preferred one first; there is at least one."""
        self._voices = {payload_type: Voice(codec) for payload_type, codec in formats.items()}
        self._voice = next(iter(self._voices.values()))
        self._ptime_ms = ptime_ms
        self._queue = bytearray()
        self.playout = self._new_playout()

    def _new_playout(self) -> Playout:
        clock_rate = self._voice.codec.clock_rate
        return Playout(clock_rate, frame=self._ptime_ms / 1000, block=BLOCK_MS / 1000)

    @property
    def codec(self) -> Codec:
        """The codec heard last, or to be expected."""
        return self._voice.codec

    @property
    def late(self) -> int:
        """Packets that came after their time."""
        return self.playout.buffer.late

    @property
    def concealed_ms(self) -> int:
        """Of sound that was made up."""
        return self.playout.concealed * 1000 // self.codec.clock_rate

    def insert(self, packet: RtpPacket, now: float) -> None:
        """A packet that came; one of no negotiated payload type is dropped (RFC 3550 section 5.1)."""
        voice = self._voices.get(packet.payload_type)
        if voice is None:
            return
        if voice.codec.clock_rate != self._voice.codec.clock_rate:
            self._voice = voice
            self.playout = self._new_playout()
        self.playout.insert(packet, now)

    def block(self, now: float) -> bytes:
        """The next block; silence while nothing is due."""
        queue = self._queue
        while len(queue) < BLOCK_BYTES:
            sound = self._more(now)
            if sound is None:
                queue += SILENCE[len(queue) :]
                break
            queue += sound
        block = bytes(queue[:BLOCK_BYTES])
        del queue[:BLOCK_BYTES]
        return block

    def flush(self) -> None:
        """Forget what waits: it is too old, or nobody is to hear it."""
        self._queue.clear()
        self.playout.flush()

    def _more(self, now: float) -> bytearray | None:
        decision = self.playout.next(now, len(self._queue) / (2 * RATE))
        if isinstance(decision, Decode):
            self._voice = self._voices[decision.packet.payload_type]
            return self._voice.decode(decision.packet.payload, decision.adjust)
        if isinstance(decision, Conceal):
            return self._voice.conceal(decision.duration, decision.next_payload)
        return None
