"""Generators of valid SIP values, each character that the grammar allows among them."""

import string

from hypothesis import strategies as st

from firmware.sip.headers import CSeq, Headers, NameAddr, Via
from firmware.sip.uri import AbsoluteUri, Uri

ALPHANUMERIC = string.ascii_letters + string.digits
TOKEN = ALPHANUMERIC + "-.!%*_+`'~"
UNRESERVED = ALPHANUMERIC + "-_.!~*'()"

tokens = st.text(TOKEN, min_size=1, max_size=12)
escapes = st.integers(0, 255).map(lambda byte: f"%{byte:02X}")


def escaped(characters: str, *, least: int = 1) -> st.SearchStrategy[str]:
    """Text of `characters` and percent escapes."""
    return st.lists(st.sampled_from(characters) | escapes, min_size=least, max_size=10).map("".join)


labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, max_size=3).flatmap(
    lambda found: st.sampled_from(["com", "example", "x1", "a-b"]).map(lambda top: ".".join([*found, top]))
)
hosts = names | st.ip_addresses(v=4).map(str) | st.ip_addresses(v=6).map(str)
ports = st.none() | st.integers(0, 65535)

display_names = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\r\n", max_codepoint=0x2FFF), max_size=12
)
"""Whatever a quoted-string can say: control characters come out as quoted pairs."""


def distinct(
    pairs: st.SearchStrategy[tuple[str, str | None]],
) -> st.SearchStrategy[tuple[tuple[str, str | None], ...]]:
    """Parameters of which no two have one name."""
    return st.lists(pairs, max_size=4, unique_by=lambda pair: pair[0].lower()).map(tuple)


parameter_values = st.none() | tokens | display_names | st.ip_addresses(v=6).map(str)
parameters = distinct(st.tuples(tokens, parameter_values))

uris = st.builds(
    Uri,
    st.sampled_from(["sip", "sips"]),
    st.none(),
    st.none(),
    hosts,
    ports,
    distinct(st.tuples(escaped(UNRESERVED + "[]/:&+$"), st.none() | escaped(UNRESERVED + "[]/:&+$"))),
    st.lists(
        st.tuples(escaped(UNRESERVED + "[]/?:+$"), escaped(UNRESERVED + "[]/?:+$", least=0)), max_size=3
    ).map(tuple),
)
users = escaped(UNRESERVED + "&=+$,;?/")
passwords = st.none() | escaped(UNRESERVED + "&=+$,", least=0)
any_uris = uris | st.builds(
    lambda uri, user, password: Uri(
        uri.scheme, user, password, uri.host, uri.port, uri.parameters, uri.headers
    ),
    uris,
    users,
    passwords,
)
other_uris = st.builds(
    AbsoluteUri,
    st.sampled_from(["tel", "urn", "http", "im", "soap.beep"]),
    escaped(UNRESERVED + "/:@&=+$#[];?,"),
)
addresses = st.builds(NameAddr, any_uris | other_uris, display_names, parameters)
vias = st.builds(Via, tokens.map(str.upper), hosts, ports, parameters)
cseqs = st.builds(CSeq, st.integers(0, 2**32 - 1), tokens)

header_values = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], max_codepoint=0x2FFF), max_size=20
).map(lambda text: text.strip(" "))
header_fields = st.tuples(
    tokens.filter(lambda name: name.lower() not in ("content-length", "l")), header_values
)
headers = st.lists(header_fields, max_size=8).map(Headers)
