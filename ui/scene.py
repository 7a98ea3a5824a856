"""What the content of a screen is made from."""

from dataclasses import dataclass

from firmware.control.state import Call, Line, Snapshot
from ui.font import repertoire
from ui.moment import Moment
from ui.screen import Row
from ui.spelling import readable
from ui.texts import Texts
from ui.view import View, current, focus

BLANK = Row()


@dataclass(frozen=True, slots=True)
class Scene:
    """The telephone, what the panel remembers, the time and the language."""

    now: Snapshot
    view: View
    moment: Moment
    texts: Texts

    @property
    def call(self) -> Call:
        """The call that the screen is about, in a state that has one."""
        return _there(focus(self.now))

    @property
    def current(self) -> Call:
        """The call that a person is busy with while another one waits."""
        return _there(current(self.now))

    @property
    def sound_trouble(self) -> str:
        """What is wrong with the sound, in words, if anything is."""
        if self.now.voice == "down":
            return self.texts["no-voice"]
        return clean(self.now.sound.words)

    def line_name(self, line: Line | None) -> str:
        """What a line is called."""
        return "" if line is None else clean(line.name or line.id)

    def name(self, call: Call) -> str:
        """Who a call is with: the name, or the number, or nobody known."""
        return clean(call.name) or clean(call.number) or self.texts["anonymous"]

    def number(self, call: Call) -> str:
        """The number, where the name does not say it already."""
        number = clean(call.number)
        return "" if number == self.name(call) else number

    def since(self, at: float | None) -> str:
        """How long ago that was, if it has been."""
        return "" if at is None else self.moment.elapsed(at)


def clean(text: str) -> str:
    """A text from elsewhere in characters that every display has."""
    return readable(text, repertoire())


def _there(call: Call | None) -> Call:
    if call is None:
        raise LookupError("This screen is for a telephone with a call.")
    return call
