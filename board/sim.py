"""A simulated telephone: every device of a real one, moved by calls and remembering what it was told.

It is shipped and supported: the browser simulator, `offhook ctl key` and the tests all use it.
"""

from collections import deque
from collections.abc import Callable
from typing import Literal

from PIL.Image import Image

from board.devices import Listener, Pattern
from board.events import KeyDown, KeyUp, OffHook, OnHook

HISTORY = 1000
"""Pictures and lamp changes remembered."""


class SimulatedDisplay:
    """Keeps the last pictures; `on_picture` is called with each."""

    def __init__(self, *, width: int, height: int, mode: Literal["1", "RGB"]) -> None:
        self.width = width
        self.height = height
        self.mode = mode
        self.pictures: deque[Image] = deque(maxlen=HISTORY)
        self.on_picture: Callable[[Image], None] | None = None

    def show(self, picture: Image) -> None:
        """Show a picture. Raises ValueError for a wrong size or mode, as wiring one wrongly would show."""
        if picture.size != (self.width, self.height) or picture.mode != self.mode:
            raise ValueError(f"a picture of {picture.size} {picture.mode} for {self.width}x{self.height}")
        self.pictures.append(picture)
        if self.on_picture is not None:
            self.on_picture(picture)

    def close(self) -> None:
        """Nothing holds a simulated display."""


class SimulatedLamp:
    """A lamp with a history of its patterns."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        self.pattern: Pattern = "off"
        self.history: deque[Pattern] = deque(maxlen=HISTORY)

    def set(self, pattern: Pattern) -> None:
        """Take a pattern."""
        if pattern != self.pattern:
            self.pattern = pattern
            self.history.append(pattern)


class SimulatedHookSwitch:
    """A hook switch that `lift` and `put_down` move."""

    def __init__(self, *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._listener: Listener | None = None
        self.off_hook = False

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every movement, and at once how the handset lies."""
        self._listener = listener
        self._tell()

    def lift(self) -> None:
        """Lift the handset."""
        self._move(True)

    def put_down(self) -> None:
        """Put the handset down."""
        self._move(False)

    def close(self) -> None:
        """Stop telling."""
        self._listener = None

    def _move(self, off_hook: bool) -> None:
        if off_hook != self.off_hook:
            self.off_hook = off_hook
            self._tell()

    def _tell(self) -> None:
        if self._listener is not None:
            now = self._clock()
            self._listener(OffHook(now) if self.off_hook else OnHook(now))


class SimulatedKeypad:
    """Keys that `press` moves. Raises KeyError for a key that the keymap lacks."""

    def __init__(self, *, keys: tuple[str, ...], clock: Callable[[], float]) -> None:
        self.keys = keys
        self._clock = clock
        self._listener: Listener | None = None
        self._down: set[str] = set()

    def listen(self, listener: Listener) -> None:
        """Tell `listener` of every key."""
        self._listener = listener

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        self.down(key)
        self.up(key)

    def down(self, key: str) -> None:
        """Press a key."""
        if key not in self.keys:
            raise KeyError(key)
        if key not in self._down and self._listener is not None:
            self._down.add(key)
            self._listener(KeyDown(self._clock(), key))

    def up(self, key: str) -> None:
        """Let a key go."""
        if key in self._down and self._listener is not None:
            self._down.discard(key)
            self._listener(KeyUp(self._clock(), key))

    def close(self) -> None:
        """Stop telling."""
        self._listener = None
