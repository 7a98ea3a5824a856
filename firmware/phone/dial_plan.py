"""From what a person types to the address that is called."""

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.uri import Uri, parse_uri

SEND_AFTER = 4.0
"""Seconds without a further digit after which the number is dialled by itself."""
SEND_KEY = "#"
MAX_ENTRY = 64
_VISUAL = str.maketrans("", "", " -./()")
_DIALLABLE = frozenset("0123456789*#+")


class NotDiallable(Exception):
    """The text is neither a number nor a SIP address; says so in one sentence."""


def destination(text: str, domain: Uri) -> Uri:
    """The URI to call for a number or address as typed, at the domain of the line. Raises `NotDiallable`.

    Spaces, dashes, dots, slashes and brackets between digits are for the eye (RFC 3966 section 3).
    """
    typed = text.strip()
    number = typed.translate(_VISUAL)
    if number and _DIALLABLE.issuperset(number):
        user = number.replace("#", "%23")
        return Uri("sip", user, None, domain.host, domain.port)
    address = typed if typed.lower().startswith(("sip:", "sips:")) else f"sip:{typed}"
    if "@" not in address:
        address = f"{address}@{domain.host}" + (f":{domain.port}" if domain.port else "")
    try:
        uri = parse_uri(address)
    except RemoteProtocolError as error:
        raise NotDiallable(f"“{typed}” is not a number or address that can be called.") from error
    if not isinstance(uri, Uri):
        raise NotDiallable(f"“{typed}” is not a SIP address.")
    return uri
