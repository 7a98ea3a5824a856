"""Who may open the page: a one-time code from the terminal, exchanged for a cookie.

Any web page can reach a server on loopback, so an address alone must open nothing. Sans-IO.
"""

import hmac
from collections import deque
from collections.abc import Callable

Entropy = Callable[[int], bytes]

CODE_BYTES = 16
"""128 bits; printed as 32 hexadecimal digits."""
SESSION_BYTES = 32
MAX_SESSIONS = 8
"""Browsers that may be let in at a time; one more ends the oldest one's access."""
MAX_WRONG = 10
WRONG_WINDOW = 60.0
"""After `MAX_WRONG` wrong codes within so many seconds no code is looked at."""


class TooManyWrong(Exception):
    """So many wrong codes came that even a right one is not taken now."""


class Access:
    """Holds the one valid code and the sessions it opened. `announce` is told of every new code."""

    def __init__(self, entropy: Entropy, announce: Callable[[str], None]) -> None:
        self._entropy = entropy
        self._announce = announce
        self._code = entropy(CODE_BYTES).hex()
        self._sessions: deque[str] = deque(maxlen=MAX_SESSIONS)
        self._wrong: deque[float] = deque(maxlen=MAX_WRONG)

    def renew(self) -> None:
        """Make a new code, which voids the last one."""
        self._code = self._entropy(CODE_BYTES).hex()
        self._announce(self._code)

    def exchange(self, code: str, now: float) -> str | None:
        """The session that `code` opens, None if it is wrong or used. Raises `TooManyWrong`."""
        if len(self._wrong) == MAX_WRONG and now - self._wrong[0] < WRONG_WINDOW:
            raise TooManyWrong
        if not _same(code, self._code):
            self._wrong.append(now)
            return None
        session = self._entropy(SESSION_BYTES).hex()
        self._sessions.append(session)
        self.renew()
        return session

    def admits(self, session: str) -> bool:
        """Whether `session` was handed out and not yet pushed out by newer ones."""
        return any(_same(session, known) for known in self._sessions)


def _same(given: str, known: str) -> bool:
    """Compare without telling by the time taken how far they agree."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), known.encode())
