"""The JSON Schema says the same as the telephone, and every setting explains itself."""

import json
import tomllib
from typing import Annotated, get_args, get_origin

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.settings.load import SettingsError, loads
from firmware.settings.schema import Line, Settings, Table, json_schema
from firmware.settings.words import expected
from tests.settings.test_load import EXAMPLE

SCHEMA = json_schema()


def tables():
    return [kind for kind in Table.__subclasses__() if kind is not Settings]


def test_the_schema_is_json_and_names_every_table():
    schema = json.loads(json.dumps(SCHEMA))
    assert {kind.__name__ for kind in tables()} < set(schema["$defs"])
    assert set(tomllib.loads(EXAMPLE.read_text())) == set(SCHEMA["$defs"]["Settings"]["properties"])


def test_the_schema_forbids_unknown_keys_everywhere():
    objects = [one for one in SCHEMA["$defs"].values() if one["type"] == "object"]
    assert objects
    assert all(one["additionalProperties"] is False for one in objects)


def test_the_schema_marks_secrets():
    password = SCHEMA["$defs"]["Line"]["properties"]["password"]
    assert {"type": "string", "format": "password", "writeOnly": True, "minLength": 1} in password["anyOf"]


@pytest.mark.parametrize("kind", tables(), ids=lambda kind: kind.__name__)
def test_every_setting_has_a_description(kind):
    for field in msgspec.structs.fields(kind):
        assert get_origin(field.type) is Annotated, field.name
        notes = [note.description for note in get_args(field.type)[1:] if note.description]
        assert notes, field.name
        assert notes[-1].endswith("."), field.name


@pytest.mark.parametrize("kind", [Settings, *tables()], ids=lambda kind: kind.__name__)
def test_every_setting_can_say_what_it_should_be(kind):
    """None is described by its bare pattern or by the name of a Python type."""
    for field in msgspec.structs.fields(kind):
        words = expected(field.type)
        assert words.startswith(("a ", "an ", "one of ", "true or false", "the name of a file")), field.name
        assert "^" not in words


def test_settings_cannot_be_changed():
    with pytest.raises(AttributeError):
        Line(address="sip:a@example.com").address = "sip:b@example.com"  # type: ignore[misc]


NAMES = sorted(
    {field.encode_name for kind in (Settings, *tables()) for field in msgspec.structs.fields(kind)}
    | {"office"}
)
ANYTHING = st.recursive(
    st.one_of(st.integers(), st.booleans(), st.floats(), st.text("sip:@a.[]\n", max_size=12)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=4))
def test_any_table_is_read_or_refused_in_words(values):
    """Nothing but `SettingsError` comes out, every complaint has a line, and none speaks of Python."""
    text = "\n".join(f"{key} = {_inline(value)}" for key, value in values.items())
    try:
        complaints = loads(text) and ()
    except SettingsError as error:
        complaints = error.complaints
    assert all(complaint.line >= 1 and complaint.words for complaint in complaints)
    assert not any(word in str(complaint) for complaint in complaints for word in ("msgspec", "<class"))


def _inline(value):
    match value:
        case dict():
            return "{" + ", ".join(f"{key} = {_inline(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_inline, value)) + "]"
        case str() | bool():
            return json.dumps(value)
        case _:
            return repr(value)
