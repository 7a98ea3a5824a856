"""The kinds of value that settings have: secrets, addresses, ports, names.

`Meta` carries what a person or a form needs: a description, examples, and under `expected` the words of a
complaint where the type alone says too little.
"""

from ipaddress import ip_address
from typing import Annotated, Final, Literal

from msgspec import Meta

Transport = Literal["tls", "tcp", "udp"]
SrtpPolicy = Literal["required", "preferred", "off"]
Codec = Literal["opus", "G722", "PCMU", "PCMA"]
Suite = Literal["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_128_GCM", "AEAD_AES_256_GCM"]
Algorithm = Literal["SHA-512-256", "SHA-256", "MD5"]


class Secret:
    """A text that no log, `repr` or complaint ever shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)


_END: Final = r"$(?!\n)"
"""The end of a text: a bare `$` would let a line break pass behind it."""
_HOST: Final = r"(?:[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?"


def text(pattern: str, expected: str, *examples: str) -> Meta:
    """The notes of a text that has to match `pattern` from its beginning to its end."""
    return Meta(pattern=f"^{pattern}{_END}", examples=list(examples) or None, extra={"expected": expected})


Identifier = Annotated[
    str, text("[A-Za-z0-9_-]{1,32}", "an identifier of up to 32 letters, digits, - or _", "office")
]
Address = Annotated[
    str,
    text(
        rf"sips?:[^@:;?<>\s\"]+@{_HOST}",
        "a SIP address such as sip:alice@example.com",
        "sip:alice@example.com",
    ),
]
Server = Annotated[
    str,
    text(
        _HOST,
        "a host, or a host and port, such as example.com or 192.0.2.5:5061",
        "example.com",
        "192.0.2.5:5061",
        "[2001:db8::5]:5061",
    ),
]
CallerPattern = Annotated[
    str,
    text(
        r"[^@\s]+@[^@\s]+",
        "a pattern of addresses such as *@example.com",
        "*@example.com",
        "front-door@example.com",
    ),
]
IpAddress = Annotated[str, text("[0-9A-Fa-f.:]+", "an IP address", "0.0.0.0", "::", "192.0.2.7")]
Country = Annotated[
    str, text("(?:[a-z]{2}|itu)", "a country in two small letters such as gb, or itu", "gb", "us", "de")
]
DisplayName = Annotated[str, text(r"[^\x00-\x1f\x7f]{0,128}", "a text of up to 128 characters on one line")]
Words = Annotated[str, text(r"[^\x00-\x1f\x7f]{1,128}", "a text of 1 to 128 characters on one line")]
FileName = Annotated[str, text(r"[^\x00-\x1f\x7f]+", "the name of a file")]
Port = Annotated[int, Meta(ge=0, le=65535)]
Volume = Annotated[int, Meta(ge=1, le=10)]


def split_server(server: str, default_port: int) -> tuple[str, int]:
    """Host, without brackets, and port of a `Server`."""
    host, colon, port = server.rpartition(":")
    if not colon or server.endswith("]"):
        return server.strip("[]"), default_port
    return host.strip("[]"), int(port)


def is_ip_address(address: str) -> bool:
    """Whether `address` is an IPv4 or IPv6 address."""
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
