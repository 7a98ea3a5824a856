"""Which calls are answered by themselves: off unless a line allows it, and then only for its callers.

An unasked-for answer turns a telephone into a microphone, so there is no "everybody" by default and no
header of a caller can switch it on (RFC 5373 section 7).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from firmware.sip.uri import AbsoluteUri, Uri


@dataclass(frozen=True, slots=True)
class AutoAnswerRule:
    """After `delay` seconds, for callers whose `user@host` matches one of `callers` (`*` and `?`)."""

    callers: tuple[str, ...]
    delay: float = 0.0


class AutoAnswer:
    """The rules of all lines, by the line's identifier."""

    def __init__(self, rules: Mapping[str, AutoAnswerRule]) -> None:
        self._rules = rules

    def delay(self, line: str, caller: Uri | AbsoluteUri) -> float | None:
        """Seconds after which a call from `caller` is answered, None for never."""
        rule = self._rules.get(line)
        if rule is None or not isinstance(caller, Uri):
            return None
        address = f"{caller.user or ''}@{caller.host}".lower()
        allowed = any(fnmatchcase(address, pattern.lower()) for pattern in rule.callers)
        return rule.delay if allowed else None
