"""Calls: what people, the far end and voice do to them.

A call on the desk (`control.state.Call`) stands for one session of the user agent, and has one voice
stream, both under the call's own identifier. A call that has failed stays on the desk until it is put
away, so that its reason can be read and its tone heard.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware.control import voice
from firmware.control.messages import CommandRefused
from firmware.control.state import Call
from firmware.phone.answering import AutoAnswer
from firmware.phone.desk import Desk
from firmware.phone.privacy import privacy_of
from firmware.phone.quality import quality_of
from firmware.phone.streams import Streams, local_media
from firmware.phone.words import failure_words
from firmware.sdp.negotiation import NegotiatedMedia
from firmware.sip.uri import AbsoluteUri, Uri
from firmware.ua import events
from firmware.ua.endpoint import Endpoint

FAILED_SHOWN = 30.0
"""Seconds that a failed call stays on the desk off hook; on hook it is FAILED_SHOWN_ON_HOOK."""
FAILED_SHOWN_ON_HOOK = 5.0
MAX_CALLS = 8
"""Calls on the desk at once; one more from outside hears busy."""


@dataclass(slots=True)
class Leg:
    """What the desk does not show of a call."""

    session: int
    account: str
    stream: str
    secure: bool = False
    answer_at: float | None = None
    put_away_at: float | None = None


class Calls:
    """All calls. Methods that a command leads to raise `CommandRefused`."""

    def __init__(
        self,
        desk: Desk,
        endpoint: Endpoint,
        streams: Streams,
        auto_answer: AutoAnswer,
        srtp_required: Callable[[str], bool],
    ) -> None:
        self._desk = desk
        self._endpoint = endpoint
        self._streams = streams
        self._auto_answer = auto_answer
        self._srtp_required = srtp_required
        self._legs: dict[str, Leg] = {}
        self._count = 0

    # Commands

    def dial(self, account: str, target: Uri, now: float) -> str:
        """Call `target` from a line; calls that were up are put on hold. Returns the call's identifier."""
        if len(self._legs) >= MAX_CALLS:
            raise CommandRefused("There is no room for another call; end one first.")
        self._hold_others(None, now)
        session = self._endpoint.invite(account, target, now)
        number = target.user or target.host
        call = Call(
            id=self._next_id(),
            line=account,
            direction="out",
            phase="calling",
            number=number.replace("%23", "#"),
            address=str(target),
            began_at=now,
        )
        self._legs[call.id] = Leg(session, account, call.id)
        self._desk.add(now, f"call {call.id}: calling {call.number}", call)
        return call.id

    def answer(self, identifier: str, now: float) -> None:
        """Take an incoming call; calls that were up are put on hold."""
        call, leg = self._get(identifier)
        if call.phase != "incoming":
            raise CommandRefused("There is no call to answer.")
        leg.answer_at = None
        self._hold_others(identifier, now)
        self._desk.change(now, f"call {identifier}: selected", selected=identifier)
        self._endpoint.answer(leg.session, now)

    def reject(self, identifier: str, now: float) -> None:
        """Refuse an incoming call."""
        call, leg = self._get(identifier)
        if call.phase != "incoming":
            raise CommandRefused("There is no call to refuse.")
        self._endpoint.reject(leg.session, 603, "Decline", now)

    def hang_up(self, identifier: str, now: float) -> None:
        """End a call in whatever phase it is; one that has ended is put away."""
        call, leg = self._get(identifier)
        if call.phase in ("failed", "ended"):
            self._put_away(identifier, now)
        elif call.phase == "incoming":
            self._endpoint.reject(leg.session, 603, "Decline", now)
        else:
            self._endpoint.hang_up(leg.session, now)

    def hold(self, identifier: str, now: float) -> None:
        """Ask the far end to wait."""
        call, leg = self._get(identifier)
        if call.phase != "active":
            raise CommandRefused("Only a call that is up can be put on hold.")
        self._endpoint.hold(leg.session, now)
        self._desk.update(now, f"call {identifier}: held", identifier, phase="held", held_at=now)

    def resume(self, identifier: str, now: float) -> None:
        """Go on with a held call; another one that was up is held."""
        call, leg = self._get(identifier)
        if call.phase != "held":
            raise CommandRefused("The call is not on hold.")
        self._hold_others(identifier, now)
        self._endpoint.resume(leg.session, now)
        self._desk.update(now, f"call {identifier}: resumed", identifier, phase="active", held_at=None)
        self._desk.change(now, f"call {identifier}: selected", selected=identifier)

    def send_digits(self, identifier: str, digits: str) -> None:
        """Send digits to the far end of a call that is up, or that has early media."""
        call, leg = self._get(identifier)
        if call.phase != "active" and not call.early_media:
            raise CommandRefused("Digits can be sent only while a call is up.")
        self._streams.send_digits(leg.stream, digits)

    def put_away_finished(self, now: float) -> None:
        """Take calls that are over off the desk."""
        for call in self._desk.snapshot.calls:
            if call.phase in ("failed", "ended"):
                self._put_away(call.id, now)

    # What the user agent says

    def incoming(self, event: events.IncomingSession, now: float) -> None:
        """Somebody calls."""
        if len(self._legs) >= MAX_CALLS:
            self.put_away_finished(now)
        if len(self._legs) >= MAX_CALLS:
            self._endpoint.reject(event.session_id, 486, "Busy Here", now)
            self._desk.note(now, f"A call from {event.from_.uri} heard busy: too many calls at once.")
            return
        uri = event.from_.uri
        call = Call(
            id=self._next_id(),
            line=event.account_id,
            direction="in",
            phase="incoming",
            number=_number(uri),
            address=str(uri),
            name=event.from_.display_name,
            began_at=now,
        )
        leg = Leg(event.session_id, event.account_id, call.id, secure=event.secure)
        delay = self._auto_answer.delay(event.account_id, uri)
        leg.answer_at = None if delay is None else now + delay
        self._legs[call.id] = leg
        self._endpoint.ring(event.session_id, now)
        self._desk.add(now, f"call {call.id}: incoming from {call.number}", call)

    def needs_media(self, event: events.NeedsMedia, now: float) -> None:
        """The session waits for an address to name in its offer or answer."""
        if (identifier := self._find(event.session_id)) is None:
            return
        leg = self._legs[identifier]
        self._streams.allocate(leg.stream, secure_only=self._srtp_required(leg.account))

    def ringing(self, event: events.Ringing, now: float) -> None:
        """The far end rings."""
        self._update(event.session_id, "the other side rings", now, phase="ringing")

    def early_media(self, event: events.EarlyMedia, now: float) -> None:
        """The far end's network sends sound before the answer: it is heard instead of a tone."""
        self._configure(event.session_id, event.media)
        self._update(event.session_id, "sound before the answer", now, early_media=True)

    def established(self, event: events.Established, now: float) -> None:
        """The call is up."""
        if (identifier := self._find(event.session_id)) is None:
            return
        self._legs[identifier].secure = event.secure
        self._configure(event.session_id, event.media)
        self._update(
            event.session_id,
            "up",
            now,
            phase="active",
            connected_at=now,
            early_media=False,
            **self._described(identifier, event.media),
        )

    def media_changed(self, event: events.MediaChanged, now: float) -> None:
        """A re-INVITE of either side was agreed."""
        if (identifier := self._find(event.session_id)) is None:
            return
        self._configure(event.session_id, event.media)
        self._update(event.session_id, "changed", now, **self._described(identifier, event.media))

    def modification_failed(self, event: events.ModificationFailed, now: float) -> None:
        """The far end refused a hold or resume; sound goes on as it was."""
        words = failure_words(event.status, event.reason)
        self._desk.note(now, f"The other side did not agree to hold or resume: {words}.")
        self._update(event.session_id, "hold refused", now, phase="active", held_at=None)

    def ended(self, event: events.SessionEnded, now: float) -> None:
        """A session is over. A failure stays on the desk with its reason, all else goes."""
        if (identifier := self._find(event.session_id)) is None:
            return
        call, leg = self._get(identifier)
        self._streams.release(leg.stream)
        missed = call.phase == "incoming" and event.by == "remote" and event.status != 200
        if missed:
            self._desk.note(now, f"Missed call from {call.name or call.number}.")
            self._desk.change(now, "missed call", missed=self._desk.snapshot.missed + 1)
        if event.by == "local" or call.phase == "incoming":
            self._finish(identifier, f"call {identifier}: over", now)
            return
        self._show_end(identifier, call, event, now)

    def _show_end(self, identifier: str, call: Call, event: events.SessionEnded, now: float) -> None:
        up = call.connected_at is not None
        normal = up and event.by == "remote"
        words = "The other side hung up" if normal else failure_words(event.status, event.reason)
        if not normal:
            self._desk.note(now, f"Call with {call.name or call.number}: {words}.")
        on_hook = self._desk.snapshot.hook == "on"
        shown = FAILED_SHOWN_ON_HOOK if on_hook else FAILED_SHOWN
        self._legs[identifier].put_away_at = now + shown
        self._desk.update(
            now,
            f"call {identifier}: {words}",
            identifier,
            phase="ended" if normal else "failed",
            ended_at=now,
            status=event.status,
            words=words,
            early_media=False,
        )

    # What voice says

    def allocated(self, report: voice.Allocated, now: float) -> None:
        """There are ports: name them to the far end."""
        leg = self._legs.get(report.stream)
        addresses = self._streams.allocated(report)
        if leg is None or not addresses:
            return
        self._endpoint.provide_media(leg.session, local_media(addresses), now)

    def fault(self, report: voice.Fault, now: float) -> None:
        """Voice cannot do something for a call: without sockets there is no call."""
        leg = self._legs.get(report.stream or "")
        self._desk.note(now, report.words)
        if leg is None or report.stream is None:
            return
        call = self._desk.snapshot.call(report.stream)
        if call is not None and call.connected_at is None:
            self._endpoint.hang_up(leg.session, now) if call.direction == "out" else self._endpoint.reject(
                leg.session, 500, "No Media", now
            )

    def quality(self, report: voice.Quality, now: float) -> None:
        """How a call sounds."""
        self._desk.update(now, f"call {report.stream}: quality", report.stream, quality=quality_of(report))

    # Time

    def deadline(self) -> float | None:
        """When a call wants to be answered or put away by itself."""
        times = [
            at for leg in self._legs.values() for at in (leg.answer_at, leg.put_away_at) if at is not None
        ]
        return min(times, default=None)

    def on_deadline(self, now: float) -> list[str]:
        """Put away what has been shown long enough; return the calls to be answered now."""
        due = [name for name, leg in self._legs.items() if leg.answer_at is not None and leg.answer_at <= now]
        for name, leg in list(self._legs.items()):
            if leg.put_away_at is not None and leg.put_away_at <= now:
                self._put_away(name, now)
        return due

    def stream_of(self, identifier: str) -> str:
        """The voice stream of a call."""
        return self._legs[identifier].stream

    # Inside

    def _next_id(self) -> str:
        self._count += 1
        return str(self._count)

    def _get(self, identifier: str) -> tuple[Call, Leg]:
        call = self._desk.snapshot.call(identifier)
        leg = self._legs.get(identifier)
        if call is None or leg is None:
            raise CommandRefused("There is no such call.")
        return call, leg

    def _find(self, session: int) -> str | None:
        return next((name for name, leg in self._legs.items() if leg.session == session), None)

    def _update(self, session: int, cause: str, now: float, **fields: Any) -> None:
        if (identifier := self._find(session)) is not None:
            self._desk.update(now, f"call {identifier}: {cause}", identifier, **fields)

    def _configure(self, session: int, media: NegotiatedMedia) -> None:
        if (identifier := self._find(session)) is not None:
            stream = self._legs[identifier].stream
            self._streams.configure(stream, media)
            self._streams.activate(stream)

    def _described(self, identifier: str, media: NegotiatedMedia) -> dict[str, Any]:
        privacy, words = privacy_of(media, signalling_secure=self._legs[identifier].secure)
        return {
            "privacy": privacy,
            "privacy_words": words,
            "codec": media.codecs[0].name if media.codecs else "",
            "held_by_peer": media.direction in ("recvonly", "inactive") and not self._is_held(identifier),
        }

    def _is_held(self, identifier: str) -> bool:
        call = self._desk.snapshot.call(identifier)
        return call is not None and call.phase == "held"

    def _hold_others(self, identifier: str | None, now: float) -> None:
        for call in self._desk.snapshot.calls:
            if call.id != identifier and call.phase == "active":
                self.hold(call.id, now)

    def _put_away(self, identifier: str, now: float) -> None:
        self._finish(identifier, f"call {identifier}: put away", now)

    def _finish(self, identifier: str, cause: str, now: float) -> None:
        self._legs.pop(identifier, None)
        self._desk.remove(now, cause, identifier)


def _number(uri: Uri | AbsoluteUri) -> str:
    return (uri.user or uri.host) if isinstance(uri, Uri) else str(uri)
