"""What a setting should be, and what was found in its place, in words for a person."""

import re
from typing import Any, Final

import msgspec
from msgspec import inspect

MAX_SHOWN: Final = 40
"""Longest value that is repeated in a complaint, in characters."""

_KINDS: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    list: "a list",
    dict: "a table",
}
_PASSWORD_IN_ADDRESS: Final = re.compile(r"^((?:sips?:)?+[^:@]*+):.*@")


def expected(kind: Any) -> str:
    """The words for a type of the schema, such as "a whole number from 60 to 86400"."""
    return _expected(inspect.type_info(kind))


def _expected(info: inspect.Type) -> str:
    match info:
        case inspect.Metadata(type=inner, extra=extra):
            return str(extra["expected"]) if extra and "expected" in extra else _expected(inner)
        case inspect.UnionType(types=types):
            return _expected(next(one for one in types if not isinstance(one, inspect.NoneType)))
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(f'"{value}"' for value in values)
        case inspect.IntType(ge=low, le=high) | inspect.FloatType(ge=low, le=high):
            bounds = "" if low is None else f" from {low} to {high}"
            return _KINDS[int if isinstance(info, inspect.IntType) else float] + bounds
        case inspect.BoolType():
            return _KINDS[bool]
        case inspect.TupleType(item_types=items):
            return f"a list of {len(items)}, each {_expected(items[0])}"
        case inspect.VarTupleType(item_type=item):
            return f"a list with at least one item, each {_expected(item)}"
        case inspect.StructType() | inspect.DictType():
            return _KINDS[dict]
        case _:
            return "a text that is not empty"


def found(value: object, *, secret: bool) -> str:
    """The words for a value: itself if it is short and no secret, else its kind."""
    kind = _KINDS.get(type(value), "a date or time")
    if isinstance(value, list | str) and not value:
        return "an empty text" if isinstance(value, str) else "an empty list"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if secret or isinstance(value, dict):
        return kind
    if not isinstance(value, str):
        return _quoted(value)
    shown = _PASSWORD_IN_ADDRESS.sub(r"\1:…@", value)
    return _quoted(shown if len(shown) <= MAX_SHOWN else f"{shown[:MAX_SHOWN]}…")


def _quoted(value: object) -> str:
    """As JSON writes it: texts in quotes and on one line."""
    return msgspec.json.encode(value).decode()
