"""From a table of plain values to `Settings`, with everything that is wrong instead of the first thing."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Final, get_args, get_origin

import msgspec

from firmware.settings.checks import check
from firmware.settings.kinds import Secret
from firmware.settings.locate import Path
from firmware.settings.schema import Settings, Table
from firmware.settings.words import expected, found

Finding = tuple[Path, str]
"""Where something is wrong, and the words that follow the key."""

_SECRET_KEYS: Final = frozenset({"password", "ha1"})
_MISSING: Final = object()


def read(values: Mapping[str, Any]) -> tuple[Settings | None, list[Finding]]:
    """The settings, or None and what is wrong with them."""
    reader = _Reader()
    settings = reader.table(Settings, values, ())
    return (settings if isinstance(settings, Settings) and not reader.findings else None), reader.findings


class _Reader:
    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def value(self, kind: Any, value: object, path: Path) -> object:
        """`value` as the type `kind`, or `_MISSING` after a finding."""
        inner = _essence(kind)
        if isinstance(inner, type) and issubclass(inner, Table):
            return self.table(inner, value, path)
        if get_origin(inner) is dict and isinstance(value, dict):
            key_kind, item_kind = get_args(inner)
            return self._collection(key_kind, item_kind, value, path)
        if get_origin(inner) is tuple and isinstance(value, list):
            before = len(self.findings)
            self._items(get_args(inner)[0], value, path)
            if len(self.findings) > before:
                return _MISSING
        return self._leaf(kind, value, path)

    def table(self, kind: type[Table], value: object, path: Path) -> object:
        """A table of the schema: all its keys are known, and all that it needs are there."""
        if not isinstance(value, Mapping):
            return self._wrong(kind, value, path)
        before = len(self.findings)
        fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
        for key in value:
            if key not in fields:
                self.findings.append(((*path, key), _unknown(key, path, fields)))
        read = {
            field.name: self.value(field.type, value[key], (*path, key))
            for key, field in fields.items()
            if key in value
        }
        for key, field in fields.items():
            if field.required and key not in value:
                self.findings.append(((*path, key), f"is missing; it should be {expected(field.type)}"))
        if len(self.findings) > before:
            return _MISSING
        table = kind(**read)
        self.findings += [((*path, *keys), words) for keys, words in check(table)]
        return table

    def _collection(self, key_kind: Any, kind: Any, values: dict[str, Any], path: Path) -> dict[str, object]:
        """Things by identifier."""
        for key in values:
            if not _converts(key, key_kind):
                self.findings.append(((*path, key), f"should be called by {expected(key_kind)}"))
        return {key: self.value(kind, value, (*path, key)) for key, value in values.items()}

    def _items(self, kind: Any, values: list[Any], path: Path) -> None:
        for index, value in enumerate(values):
            self._leaf(kind, value, (*path, index))
            if value in values[:index]:
                self.findings.append(((*path, index), f"is twice in the list: {found(value, secret=False)}"))

    def _leaf(self, kind: Any, value: object, path: Path) -> object:
        try:
            return msgspec.convert(value, kind, dec_hook=_secret)
        except msgspec.ValidationError:
            return self._wrong(kind, value, path)

    def _wrong(self, kind: Any, value: object, path: Path) -> object:
        secret = not _SECRET_KEYS.isdisjoint(path)
        self.findings.append((path, f"should be {expected(kind)}, not {found(value, secret=secret)}"))
        return _MISSING


def _essence(kind: Any) -> Any:
    """A type without its notes and without None, which TOML does not have."""
    if get_origin(kind) is Annotated:
        return _essence(get_args(kind)[0])
    if type(None) in get_args(kind):
        return _essence(next(one for one in get_args(kind) if one is not type(None)))
    return kind


def _unknown(key: str, path: Path, fields: Mapping[str, object]) -> str:
    near = get_close_matches(key, fields, 1) or _elsewhere(key)
    return f"is no setting; did you mean {near[0]}?" if near else "is no setting"


def _elsewhere(key: str) -> list[str]:
    """The setting of that very name in another table."""
    tables = (
        (table.encode_name, _essence(table.type))
        for table in msgspec.structs.fields(Settings)
        if isinstance(_essence(table.type), type) and issubclass(_essence(table.type), Table)
    )
    return [
        f"{name}.{key}"
        for name, table in tables
        if key in (field.encode_name for field in msgspec.structs.fields(table))
    ]


def _converts(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def _secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str) and value:
        return Secret(value)
    raise ValueError(kind)
