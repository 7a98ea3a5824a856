"""The time at which a screen is made, and when it will have to be made again."""

import math
from datetime import datetime, timedelta

from ui.texts import Texts

EARLY = 0.001
"""Timers may fire this many seconds before their time."""


class Moment:
    """`now` is CLOCK_MONOTONIC, `wall` the local time of day.

    Every answer counts: `until` is when the first of those given will no longer be right, or infinity.
    """

    def __init__(self, now: float, wall: datetime) -> None:
        self.now = now
        self.until = math.inf
        self.wall = wall

    def elapsed(self, since: float) -> str:
        """How long ago `since` was."""
        seconds = max(0, math.floor(self.now - since + EARLY))
        self._right_until(since + seconds + 1)
        return _duration(seconds)

    def remaining(self, at: float) -> int:
        """Seconds until `at`, rounded up; 0 when it is over."""
        seconds = max(0, math.ceil(at - self.now - EARLY))
        if seconds:
            self._right_until(at - seconds + 1)
        return seconds

    def countdown(self, at: float) -> str:
        """Time until `at`."""
        return _duration(self.remaining(at))

    def time(self) -> str:
        """The time of day."""
        self._right_until(self.now + 60.0 - self.wall.second - self.wall.microsecond / 1e6)
        return f"{self.wall:%H:%M}"

    def date(self, texts: Texts) -> str:
        """The day, in the words of the language."""
        day = texts["days"].split()[self.wall.weekday()]
        month = texts["months"].split()[self.wall.month - 1]
        return texts["date"].format(day=day, number=self.wall.day, month=month)

    def time_of(self, at: float) -> str:
        """The time of day at `at`, which is past."""
        return f"{self.wall - timedelta(seconds=self.now - at):%H:%M}"

    def _right_until(self, at: float) -> None:
        self.until = min(self.until, at)


def _duration(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"
