"""One stream of a call inside the audio loop: its RTP, its codecs, and what is told of it.

Once handed over it belongs to the thread that drives the loop.
"""

from collections import deque
from dataclasses import replace

from firmware.control.voice import (
    Checkpoint,
    Digit,
    Fault,
    Quality,
    Report,
    SendDigits,
    Silence,
)
from firmware.media.kernel import Pcm
from firmware.media.pcm import BLOCK, BLOCK_MS, SILENCE
from firmware.media.plan import Plan
from firmware.media.tones import Sound
from firmware.media.wire import Wire
from firmware.rtp.errors import LocalProtocolError
from firmware.rtp.events import DigitReceived, SendRtcp, SilenceChanged
from firmware.rtp.quality import opinion_score, rating
from firmware.rtp.stream import RtpStream

QUALITY_SECONDS = 5.0
"""Between reports of how the stream is going."""

CHECKPOINT_SECONDS = 1.0
"""Between reports of how far the stream has come."""


class MediaStream:
    """Between a wire and the mixer."""

    def __init__(self, name: str, wire: Wire, rtp: RtpStream, reports: deque[Report]) -> None:
        self.name, self.wire, self.rtp = name, wire, rtp
        self.active = False
        """Whether anything is sent, received and played."""
        self._reports = reports
        self._plan: Plan | None = None
        self._keys: Sound | None = None
        self._began = self._told = self._checkpointed = 0.0
        self._late = self._concealed_ms = 0

    def configure(self, plan: Plan, now: float) -> None:
        """What was negotiated, at first or again; codecs that stay go on without a seam."""
        old = self._plan
        if old is not None and (old.codecs, old.ptime_ms) == (plan.codecs, plan.ptime_ms):
            plan = replace(plan, sender=old.sender, receiver=old.receiver)
            if not old.receive:
                plan.receiver.flush()
        elif old is not None:
            self._late += old.receiver.late
            self._concealed_ms += old.receiver.concealed_ms
        try:
            self.rtp.configure(plan.settings, now)
        except LocalProtocolError as error:
            self._reports.append(Fault(words=f"The stream cannot be set up: {error}.", stream=self.name))
            return
        self._plan = plan

    def activate(self, active: bool, now: float) -> None:
        """Start or stop; what came before is never heard."""
        if active and not self.active:
            self.flush()
            self.rtp.expect(now)
            self._began = self._began or now
            self._told = self._checkpointed = now
        self.active = active

    def flush(self) -> None:
        """Forget what waits to be played: it is too old."""
        if self._plan is not None:
            self._plan.receiver.flush()

    # Receiving

    def receive_rtp(self, datagram: bytes, source: tuple[str, int], now: float) -> None:
        """A datagram that is RTP by its looks."""
        packet = self.rtp.receive_rtp(datagram, source, now)
        if packet is not None and self._plan is not None and self._plan.receive:
            self._plan.receiver.insert(packet, now)

    def receive_rtcp(self, datagram: bytes, source: tuple[str, int], now: float) -> None:
        """A datagram that is RTCP by its port or its looks."""
        self.rtp.receive_rtcp(datagram, source, now)

    def hear(self, now: float) -> Pcm:
        """The peer's next block."""
        if self._plan is None or not self._plan.receive:
            return SILENCE
        return self._plan.receiver.block(now)

    # Sending

    def speak(self, block: Pcm, now: float) -> None:
        """Our next block: collected, and sent with the packet that it completes."""
        plan = self._plan
        if plan is None:
            return
        sender, rtp = plan.sender, self.rtp
        if not plan.send or rtp.destination is None:
            rtp.skip(sender.skip())
            return
        payload = sender.push(block if self._keys is None else self._key_tone())
        if payload is None:
            return
        datagram = rtp.send(payload, sender.payload_type, sender.duration, now)
        if datagram is not None:
            self.wire.send_rtp(datagram, rtp.destination)

    def press(self, request: SendDigits, tones: Sound) -> None:
        """Keys, as telephone-events, or as `tones` in place of the voice where none were negotiated."""
        if self._plan is None or self._plan.settings.telephone_event is None:
            self._keys = tones
            return
        try:
            self.rtp.press(request.digits, request.duration_ms / 1000, request.gap_ms / 1000)
        except LocalProtocolError as error:
            words = f"The keys {request.digits} were not sent: {error}."
            self._reports.append(Fault(words=words, stream=self.name, generation=request.generation))

    def _key_tone(self) -> bytes:
        if self._keys is None:
            return SILENCE
        block = self._keys.block(BLOCK)
        if self._keys.over:
            self._keys = None
        return block

    def leave(self, now: float) -> None:
        """Say goodbye to the peer and how it was to the phone."""
        self.rtp.leave(now)
        self.attend(now)
        self._reports.append(self.quality(now, final=True))
        self.active = False

    # What is due

    def attend(self, now: float) -> None:
        """RTCP and reports that are due."""
        if now >= self.rtp.deadline():
            self.rtp.on_deadline(now)
        while (event := self.rtp.poll()) is not None:
            match event:
                case SendRtcp():
                    self._send_rtcp(event)
                case DigitReceived():
                    milliseconds = round(event.duration * 1000)
                    self._reports.append(Digit(stream=self.name, digit=event.digit, duration_ms=milliseconds))
                case SilenceChanged():
                    self._reports.append(Silence(stream=self.name, seconds=event.seconds))
                case _:
                    pass  # a goodbye is signalling's to act upon
        if now - self._checkpointed >= CHECKPOINT_SECONDS:
            self._checkpointed += CHECKPOINT_SECONDS
            self._reports.append(self._checkpoint())
        if now - self._told >= QUALITY_SECONDS:
            self._told += QUALITY_SECONDS
            self._reports.append(self.quality(now))

    def _send_rtcp(self, event: SendRtcp) -> None:
        if self._plan is not None and self._plan.settings.remote_rtcp is None:
            self.wire.send_rtp(event.datagram, event.destination)
        else:
            self.wire.send_rtcp(event.datagram, event.destination)

    def _checkpoint(self) -> Checkpoint:
        at = self.rtp.position()
        return Checkpoint(
            stream=self.name,
            ports=self.wire.ports,
            send_ssrc=at.send_ssrc,
            send_sequence=at.send_sequence,
            send_rollover=at.send_rollover,
            receive_ssrc=at.receive_ssrc,
            receive_sequence=at.receive_sequence,
            receive_rollover=at.receive_rollover,
        )

    def quality(self, now: float, *, final: bool = False) -> Quality:
        """How the stream has gone since it was activated."""
        figures = self.rtp.statistics()
        receiver = self._plan.receiver if self._plan else None
        playout_ms = receiver.playout.delay * 1000 if receiver else 0.0
        late = self._late + (receiver.late if receiver else 0)
        round_trip_ms = None if figures.round_trip is None else figures.round_trip * 1000
        codec = receiver.codec.name if receiver else ""
        missing = (figures.lost + late) / max(figures.lost + figures.received, 1)
        one_way_ms = (round_trip_ms or 0.0) / 2 + playout_ms + BLOCK_MS
        one_way_ms += self._plan.ptime_ms if self._plan else 0
        return Quality(
            stream=self.name,
            final=final,
            seconds=now - self._began if self._began else 0.0,
            sent=figures.sent,
            received=figures.received,
            lost=figures.lost,
            late=late,
            discarded=figures.discarded,
            jitter_ms=figures.jitter * 1000,
            playout_ms=playout_ms,
            round_trip_ms=round_trip_ms,
            remote_lost=figures.remote_lost,
            concealed_ms=self._concealed_ms + (receiver.concealed_ms if receiver else 0),
            mos=opinion_score(rating(codec, one_way_ms / 1000, min(missing, 1.0)))
            if figures.received
            else None,
            codec=codec,
        )
