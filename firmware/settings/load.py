"""Reads `handset.toml`; a wrong one is refused with all that is wrong, each in one sentence."""

import json
import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from firmware.settings.kinds import Secret
from firmware.settings.locate import Path as Keys
from firmware.settings.locate import locate, nearest
from firmware.settings.read import Finding, read
from firmware.settings.schema import Line, Settings, Tls

MAX_SIZE: Final = 1 << 20
"""Longest file of settings, in bytes."""
MAX_PASSWORD_FILE: Final = 4096

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_WHERE: Final = re.compile(r" \(at (?:line ([0-9]+), column [0-9]+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong; `words` follow the key. `line` counts from 1, 0 for the file as a whole."""

    file: str
    line: int
    key: str
    words: str

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        what = f"{self.key} {self.words}" if self.key else self.words
        return f"{where}: {what}" + ("" if what.endswith("?") else ".")


class SettingsError(Exception):
    """The settings cannot be used."""

    def __init__(self, complaints: tuple[Complaint, ...]) -> None:
        super().__init__("\n".join(str(complaint) for complaint in complaints))
        self.complaints = complaints


def load(path: Path) -> Settings:
    """Read a file and those that it names. Raises `SettingsError`."""
    try:
        text = _read_text(path, MAX_SIZE)
    except _Unreadable as error:
        raise SettingsError((Complaint(str(path), 0, "", f"the settings {error}"),)) from error
    return loads(text, file=str(path), directory=path.parent)


def loads(text: str, *, file: str = "handset.toml", directory: Path = Path()) -> Settings:
    """Read settings from a text; names of files in it start from `directory`. Raises `SettingsError`.

    In the result these names are absolute, and a password from a file stands in `password`.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((_not_toml(file, text, str(error)),)) from error
    except RecursionError as error:
        raise SettingsError((Complaint(file, 0, "", "lists or tables are nested too deeply"),)) from error
    settings, findings = read(values)
    if settings is None:
        raise _refusal(file, text, findings)
    settings, findings = _with_files(settings, directory)
    if findings:
        raise _refusal(file, text, findings)
    return settings


def _refusal(file: str, text: str, findings: list[Finding]) -> SettingsError:
    lines = locate(text)
    found = [Complaint(file, nearest(lines, keys), _dotted(keys), words) for keys, words in findings]
    return SettingsError(tuple(sorted(found, key=lambda complaint: complaint.line)))


def _not_toml(file: str, text: str, message: str) -> Complaint:
    where = _WHERE.search(message)
    line = int(where[1]) if where and where[1] else text.count("\n") + 1
    reason = _WHERE.sub("", message)
    return Complaint(file, line, "", f"this is not TOML: {reason[:1].lower()}{reason[1:]}")


def _dotted(keys: Keys) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{_key(key)}" for key in keys).removeprefix(".")


def _key(key: str) -> str:
    return key if _BARE_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


class _Unreadable(Exception):
    """Why a file cannot be read, as words that follow what it is."""


def _read_text(path: Path, most: int) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(most + 1)
        if len(data) > most:
            raise _Unreadable(f"cannot be read: more than {most} bytes")
        return data.decode()
    except OSError as error:
        raise _Unreadable(f"cannot be read: {(error.strerror or 'unknown reason').lower()}") from error
    except UnicodeDecodeError as error:
        raise _Unreadable("cannot be read: not text in UTF-8") from error


def _with_files(settings: Settings, directory: Path) -> tuple[Settings, list[Finding]]:
    """The same settings with absolute names and with the passwords that stand in files."""
    findings: list[Finding] = []
    lines = {
        identifier: _with_password(line, directory, ("line", identifier), findings)
        for identifier, line in settings.lines.items()
    }
    return replace(settings, lines=lines, tls=_with_paths(settings.tls, directory, findings)), findings


def _path(directory: Path, name: str) -> Path:
    return (directory / os.path.expanduser(name)).absolute()


def _with_password(line: Line, directory: Path, keys: Keys, findings: list[Finding]) -> Line:
    if line.password_file is None:
        return line
    path = _path(directory, line.password_file)
    try:
        password = _read_text(path, MAX_PASSWORD_FILE).partition("\n")[0].removesuffix("\r")
        if not password:
            raise _Unreadable("has no password on its first line")
    except _Unreadable as error:
        findings.append(((*keys, "password_file"), f"names {path}, which {error}"))
        return line
    return replace(line, password=Secret(password), password_file=str(path))


def _with_paths(tls: Tls, directory: Path, findings: list[Finding]) -> Tls:
    def absolute(name: str, *keys: str | int) -> str:
        path = _path(directory, name)
        if not path.is_file():
            findings.append((("tls", *keys), f"names {path}, which is not there"))
        return str(path)

    return replace(
        tls,
        ca_files=tuple(absolute(name, "ca_files", index) for index, name in enumerate(tls.ca_files)),
        certificate_file=tls.certificate_file and absolute(tls.certificate_file, "certificate_file"),
        key_file=tls.key_file and absolute(tls.key_file, "key_file"),
    )
