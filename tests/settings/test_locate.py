"""The line of every key: exactly the keys that the TOML parser finds, on the lines where they stand."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.settings.locate import locate, nearest

TEXT = '''\
# a comment with [brackets] and key = value
top = 1

[line.office]   # a comment
address = "sip:a#b@example.com"
"quoted key" = \'\'\'
not = a key
\'\'\' # after
ha1.MD5 = "x"
'ha1'.SHA-256 = """
a \\""" quoted ] end""""
list = [ # of items
  "one", "two",
  [ 3,
    4 ],
]
auto_answer = { callers = ["*@x", "[]{}"], delay = 1.5, deep.er = { a = 1 } }
when = 2026-01-01T00:00:00Z
[ "line" . 'door' ]
x = -1_000
[[item]]
n = 1
[[item]]
n = 2
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("line",), 4),
        (("line", "office"), 4),
        (("line", "office", "address"), 5),
        (("line", "office", "quoted key"), 6),
        (("line", "office", "ha1"), 9),
        (("line", "office", "ha1", "SHA-256"), 10),
        (("line", "office", "list"), 12),
        (("line", "office", "list", 1), 13),
        (("line", "office", "list", 2, 1), 15),
        (("line", "office", "auto_answer", "callers", 1), 17),
        (("line", "office", "auto_answer", "delay"), 17),
        (("line", "office", "auto_answer", "deep", "er", "a"), 17),
        (("line", "office", "when"), 18),
        (("line", "door", "x"), 20),
        (("item", "n"), 22),
    ],
)
def test_every_kind_of_key_is_found(path, line):
    tomllib.loads(TEXT)
    assert locate(TEXT)[path] == line


def test_what_is_missing_is_looked_for_in_its_table():
    lines = locate(TEXT)
    assert nearest(lines, ("line", "door", "address")) == 19
    assert nearest(lines, ("nothing",)) == 1


KEYS = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), st.text(max_size=6))
SCALARS = st.one_of(
    st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False), st.text(max_size=12)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=12,
)
TABLES = st.dictionaries(KEYS, VALUES, max_size=5)


def quoted(text):
    """A basic string of TOML, which is JSON's but for the control character DEL and lone halves of pairs."""
    return json.dumps(text, ensure_ascii=True).replace("\x7f", "\\u007f")


def written(value):
    """A value in one line of TOML."""
    match value:
        case dict():
            return "{" + ", ".join(f"{quoted(key)} = {written(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ",\n ".join(written(inner) for inner in value) + " ]"
        case str() if value.isascii() and value.isalnum():
            return f"'{value}'"
        case str():
            return quoted(value)
        case bool():
            return str(value).lower()
        case _:
            return repr(value)


def paths(value, path=()):
    """All paths below a parsed value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from paths(below, (*path, key))


@given(st.dictionaries(KEYS, TABLES, max_size=4))
def test_all_keys_of_any_text_are_found_and_no_others(document):
    text = ""
    for name, table in document.items():
        text += f"[{quoted(name)}]\n\n" + "".join(
            f"{quoted(key)} = {written(value)}\n" for key, value in table.items()
        )
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # a surrogate half, which TOML does not have
        return
    lines = locate(text)
    assert set(lines) == set(paths(values))
    for name, table in document.items():
        assert text.splitlines()[lines[name,] - 1] == f"[{quoted(name)}]"
        for key in table:
            assert text.split("\n")[lines[name, key] - 1].startswith(f"{quoted(key)} = ")
