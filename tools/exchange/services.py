"""The exchange's own numbers: their calls, and the voice of each, timed by the monotonic clock."""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from firmware.control.voice import Report
from firmware.media.devices.clock import BlockClock
from firmware.media.plan import Plan
from firmware.media.sockets import AllocationError, SocketPair, allocate
from firmware.media.stream import MediaStream
from firmware.media.wire import Wire
from firmware.phone.streams import Stream, configuration, local_media
from firmware.rtp.stream import RtpStream
from firmware.sdp.negotiation import NegotiatedMedia
from firmware.ua.events import Established, Event, IncomingSession, MediaChanged, NeedsMedia, SessionEnded
from tools.exchange.exchange import Exchange
from tools.exchange.sounds import Sound

RTP_PORTS = (40000, 49998)

MOST_CALLS = 16
"""Calls to own numbers at one time; one more is busy."""

ATTEND_SECONDS = 0.1
"""Between looks at whether a mirror's RTCP is due."""

MAX_GAP = 8000
"""RTP timestamp units that a mirrored stream may jump; further is a new beginning."""


class Mirror(MediaStream):
    """Sends every packet back as it came and at once: neither buffer nor codec adds to what is measured."""

    _last: int | None = None
    _duration = 0
    """Of one packet, in RTP timestamp units; 0 until the second."""

    def receive_rtp(self, datagram: bytes, source: tuple[str, int], now: float) -> None:
        """Keeps the gaps of what was lost; what comes out of order is left out."""
        packet = self.rtp.receive_rtp(datagram, source, now)
        if packet is None or self.rtp.destination is None:
            return
        step = 0 if self._last is None else (packet.timestamp - self._last) % 2**32
        if step >= 2**31:
            return
        self._last = packet.timestamp
        if self._duration < step <= MAX_GAP:
            self.rtp.skip(step - self._duration)
            self._duration = self._duration or step
        echo = self.rtp.send(packet.payload, packet.payload_type, self._duration, now, packet.marker)
        if echo is not None:
            self.wire.send_rtp(echo, self.rtp.destination)


Answer = Callable[[], Sound] | None
"""What is said to a new caller; None mirrors."""

Answers = Mapping[str, Answer]
"""By number."""


@dataclass(slots=True)
class Call:
    """One call to an own number; `sound` is None for a mirror."""

    sockets: SocketPair
    stream: MediaStream
    sound: Sound | None
    task: asyncio.Task[None] | None = None


class Services:
    """Answers the calls that the exchange's machine tells of. `pump` is its driver's."""

    def __init__(self, exchange: Exchange, answers: Answers, host: str, pump: Callable[[], None]) -> None:
        self._exchange = exchange
        self._answers = answers
        self._host = host
        self._pump = pump
        self._loop = asyncio.get_running_loop()
        self._numbers: dict[int, str] = {}
        """By session, from its INVITE on."""
        self._calls: dict[int, Call] = {}
        """By session, once it has sockets."""
        self._reports: deque[Report] = deque(maxlen=64)
        """What streams report to a phone; here nobody asks."""

    def on_event(self, event: Event) -> None:
        """Carry a call one step further."""
        match event:
            case IncomingSession(session_id, account_id):
                self._numbers[session_id] = account_id
            case NeedsMedia(session_id):
                self._answer(session_id)
            case Established(session_id, media) | MediaChanged(session_id, media):
                self._talk(session_id, media)
            case SessionEnded(session_id):
                self._end(session_id)
        self._pump()

    def close(self) -> None:
        """End every call."""
        for session_id in tuple(self._calls):
            self._exchange.hang_up(session_id, self._loop.time())
        self._pump()

    def _answer(self, session_id: int) -> None:
        now = self._loop.time()
        try:
            if len(self._calls) >= MOST_CALLS:
                raise AllocationError("All lines are busy.")
            (sockets,) = allocate((self._host,), RTP_PORTS, None, os.urandom)
        except AllocationError as error:
            self._exchange.reject(session_id, 486, str(error), now)
            return
        self._calls[session_id] = self._new_call(self._answers[self._numbers[session_id]], sockets, now)
        self._exchange.provide_media(session_id, local_media((sockets.local,)), now)
        self._exchange.answer(session_id, now)

    def _new_call(self, answer: Answer, sockets: SocketPair, now: float) -> Call:
        wire = Wire((sockets,), self._reports)
        rtp = RtpStream(os.urandom(12).hex(), os.urandom, now)
        kind = Mirror if answer is None else MediaStream
        stream = kind("exchange", wire, rtp, self._reports)
        wire.streams.append(stream)
        return Call(sockets, stream, answer() if answer else None)

    def _talk(self, session_id: int, media: NegotiatedMedia) -> None:
        call = self._calls[session_id]
        now = self._loop.time()
        agreed = Stream("exchange", secure_only=media.srtp is not None)
        try:
            call.stream.configure(Plan.of(configuration(agreed, media, 1)), now)
        except ValueError:
            self._exchange.hang_up(session_id, now)
            return
        if call.task is None:
            call.stream.activate(True, now)
            speak = self._mirror(call) if call.sound is None else self._converse(session_id, call, call.sound)
            call.task = self._loop.create_task(speak)

    async def _mirror(self, call: Call) -> None:
        """Packets are sent back when they come; the clock is for RTCP only."""
        for port in (call.sockets.rtp, call.sockets.rtcp):
            self._loop.add_reader(port, lambda: call.stream.wire.drain(self._loop.time()))
        while True:
            await asyncio.sleep(ATTEND_SECONDS)
            call.stream.attend(self._loop.time())

    async def _converse(self, session_id: int, call: Call, sound: Sound) -> None:
        """A block every 10 ms, each at its own time from the start, so that no lateness adds up."""
        clock = BlockClock(self._loop.time())
        stream = call.stream
        while True:
            await asyncio.sleep(clock.deadline() - self._loop.time())
            now = self._loop.time()
            stream.wire.drain(now)
            for _ in range(clock.due(now)):
                said = sound.step(stream.hear(now))
                if said is None:
                    self._exchange.hang_up(session_id, now)
                    self._pump()
                    return
                stream.speak(said, now)
            stream.attend(now)

    def _end(self, session_id: int) -> None:
        self._numbers.pop(session_id, None)
        call = self._calls.pop(session_id, None)
        if call is None:
            return
        if call.task is not None:
            call.task.cancel()
        for port in (call.sockets.rtp, call.sockets.rtcp):
            self._loop.remove_reader(port)
        call.stream.leave(self._loop.time())
        call.sockets.close()
