"""Why a request was refused, in words that a person can read on a small screen."""

from __future__ import annotations

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.grammar import digits
from firmware.sip.message import Message, Response

MAX_REASON = 120
"""characters of the peer's text that are shown"""
MAX_RETRY_AFTER = 86400
WORDS = {
    400: "the other side did not understand the call",
    401: "the server refused the user name or password",
    403: "the server forbids this call",
    404: "this number or name is not known",
    405: "the other side cannot do this",
    406: "the other side cannot do this",
    407: "the server refused the user name or password",
    408: "no answer",
    410: "this number or name no longer exists",
    415: "the other side does not understand this kind of call",
    420: "the other side lacks an extension",
    480: "not available at present",
    481: "the call no longer exists",
    482: "the call runs in a circle between servers",
    483: "the call passed too many servers",
    484: "the number is incomplete",
    486: "busy",
    487: "cancelled",
    488: "no common voice format or encryption",
    500: "the server has a fault",
    501: "the server cannot do this",
    502: "the server behind the server has a fault",
    503: "the service is not available at present",
    504: "a server on the way does not answer",
    505: "the server speaks another version of SIP",
    513: "the message is too large for the server",
    600: "busy everywhere",
    603: "declined",
    604: "this number or name does not exist anywhere",
    606: "no common voice format or encryption",
}
"""what the statuses of RFC 3261 section 21 mean to somebody who just dialled"""


def explain(response: Response) -> str:
    """The peer's own explanation where it gave one (Reason, Warning), else ours, else its phrase."""
    said = reason_text(response) or warning_text(response)
    words = WORDS.get(response.status) or printable(response.reason) or f"refused ({response.status})"
    return f"{words}: {said}" if said else words


def reason_text(message: Message) -> str:
    """The text of a Reason header field (RFC 3326), for example "Call completed elsewhere"."""
    return printable(_parameter(message.headers.get("Reason"), "text"))


def reason_cause(message: Message) -> int | None:
    """The SIP cause of a Reason header field (RFC 3326), for example 200."""
    value = message.headers.get("Reason")
    if value is None or value.partition(";")[0].strip().upper() != "SIP":
        return None
    return _number(_parameter(value, "cause"), 699)


def warning_text(message: Message) -> str:
    """The text of a Warning header field (RFC 3261 section 20.43): code, agent, quoted text."""
    value = message.headers.get("Warning")
    pieces = value.split(" ", 2) if value is not None else []
    return printable(_unquoted(pieces[2])) if len(pieces) == 3 else ""


def retry_after(response: Response) -> int | None:
    """Seconds of a Retry-After header field (RFC 3261 section 20.33), comment and parameters left out."""
    value = response.headers.get("Retry-After")
    if value is None:
        return None
    return _number(value.partition(";")[0].partition("(")[0].strip(), MAX_RETRY_AFTER)


def printable(text: str) -> str:
    """Peer text without control characters, cut to what a screen bears."""
    return "".join(character for character in text[:MAX_REASON] if character.isprintable()).strip()


def _parameter(value: str | None, name: str) -> str:
    """One parameter of a header value whose quoted strings hold no semicolon we need."""
    for piece in (value or "").split(";")[1:]:
        key, _, content = piece.partition("=")
        if key.strip().lower() == name:
            return _unquoted(content.strip())
    return ""


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) >= 2 and text[0] == text[-1] == '"' else text


def _number(text: str, most: int) -> int | None:
    try:
        return digits(text, most)
    except RemoteProtocolError:
        return None
