"""What a key does in each state of the telephone: pure, (snapshot, key) -> commands."""

from firmware.control import messages as control
from firmware.control.state import Snapshot

DIGITS = {**{digit: digit for digit in "0123456789"}, "star": "*", "hash": "#"}


def commands(key: str, now: Snapshot) -> tuple[control.AnyCommand, ...]:
    """The commands that pressing `key` means now; none for a key without a meaning here."""
    if key in DIGITS:
        return (control.Digit(digit=DIGITS[key]),)
    selected = now.call(now.selected)
    match key:
        case "hold":
            if selected is None:
                return ()
            return (control.Resume() if selected.phase == "held" else control.Hold(),)
        case "mute":
            return (control.Mute(on=not now.muted),)
        case "speaker":
            return (control.Speaker(on=not now.speaker),)
        case "redial":
            return (control.Redial(),)
        case "volume_up":
            return (control.Volume(step=1),)
        case "volume_down":
            return (control.Volume(step=-1),)
    return ()
