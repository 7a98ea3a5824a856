"""The telephone: commands, what the user agent says and what voice says in; changes and requests out.

Sans-IO as everything below it: `receive_*` take what arrived, `poll` gives requests to voice and changes
of the snapshot, `deadline` says when `on_deadline` wants to be called.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firmware.control import messages as control
from firmware.control import voice
from firmware.control.messages import CommandRefused
from firmware.control.state import Line, Snapshot
from firmware.control.state import Sound as SoundState
from firmware.phone.answering import AutoAnswer, AutoAnswerRule
from firmware.phone.calls import Calls
from firmware.phone.desk import Changed, Desk
from firmware.phone.dial_plan import (
    MAX_ENTRY,
    SEND_AFTER,
    SEND_KEY,
    NotDiallable,
    destination,
)
from firmware.phone.lines import Lines, LineUnknown
from firmware.phone.sound import SoundControl
from firmware.phone.streams import Streams
from firmware.ua import events
from firmware.ua.account import Account
from firmware.ua.endpoint import Endpoint

VOLUME_STEPS = 10
NOMINAL_STEP = 8
"""The step that changes nothing; above it the limiter keeps peaks in bounds."""
DECIBELS_A_STEP = 4.0
DIGITS = frozenset("0123456789*#ABCD")


@dataclass(frozen=True, slots=True)
class PhoneSettings:
    """What the telephone's core needs of the settings."""

    accounts: tuple[Account, ...]
    auto_answer: Mapping[str, AutoAnswerRule]
    country: str = "us"
    media_hosts: tuple[str, ...] = ("0.0.0.0", "::")
    media_ports: tuple[int, int] = (16384, 32766)
    volumes: Mapping[str, int] | None = None


class Phone:
    """One telephone."""

    def __init__(self, settings: PhoneSettings, endpoint: Endpoint) -> None:
        lines = tuple(_line(account) for account in settings.accounts)
        volumes = {
            **dict.fromkeys(("handset", "speaker", "ringer"), NOMINAL_STEP),
            **(settings.volumes or {}),
        }
        self._desk = Desk(Snapshot(lines=lines, volumes=volumes))
        required = {account.id: account.media.srtp == "required" for account in settings.accounts}
        self._streams = Streams(settings.media_hosts, settings.media_ports)
        self._sound = SoundControl(settings.country)
        self._lines = Lines(self._desk, endpoint, settings.accounts)
        self._calls = Calls(
            self._desk,
            endpoint,
            self._streams,
            AutoAnswer(settings.auto_answer),
            lambda account: required.get(account, False),
        )
        self._commands: dict[type, Callable[[Any, float], str | None]] = {
            control.Dial: self._dial,
            control.Answer: self._answer,
            control.Reject: lambda command, now: self._calls.reject(
                self._call(command.call, "incoming"), now
            ),
            control.HangUp: self._hang_up,
            control.Hold: self._hold,
            control.Resume: self._resume,
            control.Select: self._select,
            control.Mute: self._mute,
            control.SendDigits: self._send_digits,
            control.Digit: self._digit,
            control.Erase: self._erase,
            control.Send: self._send,
            control.Redial: self._redial,
            control.Speaker: self._speaker,
            control.Volume: self._volume,
            control.Hook: self._hook,
        }
        self._events: dict[type, Callable[[Any, float], None]] = {
            events.Registered: self._lines.registered,
            events.RegistrationFailed: self._lines.failed,
            events.Unregistered: self._lines.unregistered,
            events.DowngradeRefused: self._lines.downgraded,
            events.RequestScreened: self._screened,
            events.IncomingSession: self._calls.incoming,
            events.NeedsMedia: self._calls.needs_media,
            events.Ringing: self._calls.ringing,
            events.EarlyMedia: self._calls.early_media,
            events.Established: self._calls.established,
            events.MediaChanged: self._calls.media_changed,
            events.ModificationFailed: self._calls.modification_failed,
            events.SessionEnded: self._ended,
        }
        self._reports: dict[type, Callable[[Any, float], None]] = {
            voice.Hello: self._voice_is_up,
            voice.Allocated: self._calls.allocated,
            voice.Quality: self._calls.quality,
            voice.Fault: self._calls.fault,
            voice.DeviceState: self._device_state,
        }

    @property
    def snapshot(self) -> Snapshot:
        """The telephone as it is."""
        return self._desk.snapshot

    # In

    def start(self, now: float) -> None:
        """Register the lines."""
        self._lines.start(now)

    def stop(self, now: float) -> None:
        """End all calls and give the registrations back."""
        for call in self.snapshot.calls:
            self._calls.hang_up(call.id, now)
        self._lines.stop(now)

    def receive_command(self, command: control.Command, now: float) -> str | None:
        """Carry out a command; return the call concerned, if any. Raises `CommandRefused`."""
        carry_out = self._commands.get(type(command))
        if carry_out is None:
            raise CommandRefused("This is not a command to the telephone.")
        try:
            return carry_out(command, now)
        finally:
            self._settle(now)

    def receive_event(self, event: events.Event, now: float) -> None:
        """Take what the user agent says."""
        if handle := self._events.get(type(event)):
            handle(event, now)
        self._settle(now)

    def receive_report(self, report: voice.Report, now: float) -> None:
        """Take what voice says."""
        if handle := self._reports.get(type(report)):
            handle(report, now)
        self._settle(now)

    def voice_is_down(self, now: float) -> None:
        """The voice process is gone; it will be started again."""
        self._sound.forget()
        self._desk.change(now, "voice down", voice="down")

    # Out

    def poll(self) -> voice.Request | Changed | None:
        """The next request to voice or change to tell of, until None."""
        return self._streams.poll() or self._sound.poll() or self._desk.poll()

    def deadline(self) -> float | None:
        """When `on_deadline` is due."""
        times = [self.snapshot.send_at, self._calls.deadline()]
        return min((at for at in times if at is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Dial, answer or put away what is due."""
        if self.snapshot.send_at is not None and self.snapshot.send_at <= now:
            self._quietly(control.Send(), now)
        for call in self._calls.on_deadline(now):
            self._quietly(control.Answer(call=call), now)
        self._rest(now)
        self._settle(now)

    def _quietly(self, command: control.Command, now: float) -> None:
        try:
            self.receive_command(command, now)
        except CommandRefused as refusal:
            self._desk.note(now, str(refusal))

    def _settle(self, now: float) -> None:
        """After every input: what is heard follows from what the telephone is."""
        volumes = self.snapshot.volumes
        decibels = {name: (step - NOMINAL_STEP) * DECIBELS_A_STEP for name, step in volumes.items()}
        self._sound.update(self.snapshot, decibels, self._calls.stream_of)

    # Commands: calls

    def _call(self, identifier: str | None, *phases: str) -> str:
        """The call that is meant: the one named, else the selected, else one in the phases."""
        if identifier is not None:
            return identifier
        selected = self.snapshot.call(self.snapshot.selected)
        if selected is not None and (not phases or selected.phase in phases):
            return selected.id
        fitting = [call.id for call in self.snapshot.calls if not phases or call.phase in phases]
        if not fitting:
            raise CommandRefused("There is no such call now.")
        return fitting[0]

    def _dial(self, command: control.Dial, now: float) -> str:
        try:
            account = self._lines.choose(command.line)
            target = destination(command.target, account.aor)
        except (LineUnknown, NotDiallable) as refusal:
            raise CommandRefused(str(refusal)) from refusal
        self._calls.put_away_finished(now)
        call = self._calls.dial(account.id, target, now)
        self._desk.change(
            now,
            f"call {call}: dialled",
            entry="",
            collecting=False,
            send_at=None,
            last_dialled=command.target,
            speaker=self.snapshot.speaker or self.snapshot.hook == "on",
        )
        return call

    def _answer(self, command: control.Answer, now: float) -> str:
        call = self._call(command.call, "incoming")
        self._calls.answer(call, now)
        self._desk.change(
            now,
            f"call {call}: answered",
            entry="",
            collecting=False,
            send_at=None,
            speaker=self.snapshot.speaker or self.snapshot.hook == "on",
        )
        return call

    def _reject(self, command: control.Reject, now: float) -> str:
        call = self._call(command.call, "incoming")
        self._calls.reject(call, now)
        return call

    def _hold(self, command: control.Hold, now: float) -> str:
        call = self._call(command.call, "active")
        self._calls.hold(call, now)
        return call

    def _hang_up(self, command: control.HangUp, now: float) -> str | None:
        if command.call is None and not self.snapshot.calls:
            self._close(now)
            return None
        call = self._call(command.call)
        self._calls.hang_up(call, now)
        if self.snapshot.hook == "on" and not any(other.id != call for other in self.snapshot.calls):
            self._desk.change(now, "hands-free off", speaker=False)
        return call

    def _resume(self, command: control.Resume, now: float) -> str:
        call = self._call(command.call, "held")
        self._calls.resume(call, now)
        self._desk.change(now, "listening", speaker=self.snapshot.speaker or self.snapshot.hook == "on")
        return call

    def _select(self, command: control.Select, now: float) -> str:
        if self.snapshot.call(command.call) is None:
            raise CommandRefused("There is no such call.")
        self._desk.change(now, f"call {command.call}: selected", selected=command.call)
        return command.call

    def _send_digits(self, command: control.SendDigits, now: float) -> str:
        digits = command.digits.upper()
        if not digits or not DIGITS.issuperset(digits):
            raise CommandRefused("Digits are 0 to 9, *, # and A to D.")
        call = self._call(command.call, "active")
        self._calls.send_digits(call, digits)
        return call

    # Commands: keys, hook and volume

    def _mute(self, command: control.Mute, now: float) -> None:
        self._desk.change(now, "muted" if command.on else "unmuted", muted=command.on)

    def _digit(self, command: control.Digit, now: float) -> str | None:
        selected = self.snapshot.call(self.snapshot.selected)
        if selected is not None and (selected.phase == "active" or selected.early_media):
            return self._send_digits(control.SendDigits(digits=command.digit), now)
        if command.digit == SEND_KEY and self.snapshot.entry:
            return self._send(control.Send(), now)
        if len(self.snapshot.entry) >= MAX_ENTRY:
            raise CommandRefused("The number is too long.")
        self._calls.put_away_finished(now)
        self._desk.change(
            now,
            "digit",
            entry=self.snapshot.entry + command.digit,
            collecting=True,
            send_at=now + SEND_AFTER if self._open else None,
        )
        return None

    @property
    def _open(self) -> bool:
        return self.snapshot.hook == "off" or self.snapshot.speaker

    def _erase(self, command: control.Erase, now: float) -> None:
        entry = self.snapshot.entry[:-1]
        self._desk.change(
            now,
            "digit erased",
            entry=entry,
            collecting=bool(entry) or self._open,
            send_at=now + SEND_AFTER if entry and self._open else None,
        )

    def _send(self, command: control.Send, now: float) -> str:
        entry = self.snapshot.entry
        if not entry:
            raise CommandRefused("There is no number to call yet.")
        self._desk.change(now, "number complete", send_at=None)
        return self._dial(control.Dial(target=entry), now)

    def _redial(self, command: control.Redial, now: float) -> str:
        if not self.snapshot.last_dialled:
            raise CommandRefused("No number has been called yet.")
        return self._dial(control.Dial(target=self.snapshot.last_dialled), now)

    def _speaker(self, command: control.Speaker, now: float) -> str | None:
        if command.on:
            self._desk.change(now, "hands-free on", speaker=True)
            return self._opened(now)
        self._desk.change(now, "hands-free off", speaker=False)
        if self.snapshot.hook == "on":
            self._close(now)
        return None

    def _hook(self, command: control.Hook, now: float) -> str | None:
        if command.off == (self.snapshot.hook == "off"):
            return None
        if command.off:
            self._desk.change(now, "handset lifted", hook="off", speaker=False)
            return self._opened(now)
        self._desk.change(now, "handset put down", hook="on")
        if not self.snapshot.speaker:
            self._close(now)
        return None

    def _opened(self, now: float) -> str | None:
        """Handset lifted or hands-free on: answer, dial what was typed, or give a dial tone."""
        incoming = [call.id for call in self.snapshot.calls if call.phase == "incoming"]
        if incoming:
            return self._answer(control.Answer(call=incoming[0]), now)
        if self.snapshot.entry:
            return self._send(control.Send(), now)
        if not any(call.phase not in ("held", "ended", "failed") for call in self.snapshot.calls):
            self._calls.put_away_finished(now)
            self._desk.change(now, "dial tone", collecting=True, missed=0)
        return None

    def _close(self, now: float) -> None:
        """Handset down and hands-free off: end what was heard; held calls and calls waiting stay."""
        for call in self.snapshot.calls:
            if call.phase not in ("held", "incoming"):
                self._calls.hang_up(call.id, now)
        self._desk.change(now, "closed", speaker=False, muted=False, entry="", collecting=False, send_at=None)

    def _volume(self, command: control.Volume, now: float) -> None:
        output = "speaker" if self.snapshot.speaker else "handset"
        if not self._open:
            output = "ringer"
        step = min(VOLUME_STEPS, max(1, self.snapshot.volumes[output] + command.step))
        self._desk.change(now, f"{output} volume", volumes={**self.snapshot.volumes, output: step})

    # Events

    def _ended(self, event: events.SessionEnded, now: float) -> None:
        self._calls.ended(event, now)
        self._rest(now)

    def _rest(self, now: float) -> None:
        """Hands-free goes off by itself once the last call has left the desk."""
        idle = self.snapshot.hook == "on" and not self.snapshot.calls and not self.snapshot.collecting
        if idle and self.snapshot.speaker:
            self._desk.change(now, "hands-free off", speaker=False, muted=False)

    def _screened(self, event: events.RequestScreened, now: float) -> None:
        if event.method == "INVITE":
            self._desk.note(now, f"A call from {event.from_} at {event.source} was refused: {event.reason}.")

    def _voice_is_up(self, report: voice.Hello, now: float) -> None:
        self._streams.voice_is_up(report)
        self._sound.forget()
        self._desk.change(now, "voice up", voice="up")

    def _device_state(self, report: voice.DeviceState, now: float) -> None:
        self._desk.change(
            now,
            f"sound {report.state}" + (f": {report.words}" if report.words else ""),
            sound=SoundState(
                use=report.use,
                state=report.state,
                driver=report.driver,
                name=report.name,
                words=report.words,
            ),
        )


def _line(account: Account) -> Line:
    return Line(id=account.id, address=str(account.aor), name=account.display_name)
