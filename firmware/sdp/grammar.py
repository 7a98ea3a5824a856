"""Words, numbers and limits shared by everything that reads a session description (RFC 8866 section 9)."""

import re
from typing import Final

from firmware.sdp.errors import SdpError

MAX_SIZE: Final = 16 * 1024
"""Longest description in bytes; a browser's with all its candidates has about 8,000."""
MAX_LINES: Final = 256
MAX_LINE: Final = 1024
MAX_MEDIA: Final = 16
MAX_FORMATS: Final = 64
MAX_NUMBER: Final = 32
"""Most digits of any number; the session identifiers of real telephones have up to 20."""

# token-char = ALPHA / DIGIT / "!" / "#" / "$" / "%" / "&" / "'" / "*" / "+" / "-" / "." / "^" / "_" / "`" /
#              "{" / "|" / "}" / "~"
TOKEN: Final = r"[A-Za-z0-9!#$%&'*+\-.^_`{|}~]++"

_TOKEN = re.compile(TOKEN)
_DIGITS = re.compile(r"[0-9]++")


def is_token(text: str) -> bool:
    """Whether `text` is a token: one or more token characters."""
    return _TOKEN.fullmatch(text) is not None


def number(text: str, most: int) -> int:
    """`text`, which has to be a decimal of ASCII digits, as an integer of at most `most`."""
    if len(text) > MAX_NUMBER or not _DIGITS.fullmatch(text):
        raise SdpError("not a number where one belongs")
    value = int(text)
    if value > most:
        raise SdpError(f"a number above {most}")
    return value
