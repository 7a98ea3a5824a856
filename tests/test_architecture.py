"""The rules of the house: who may import whom, what machines must not touch, how long things may get."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("firmware", "board", "ui", "provisioning", "tools")

# Room -> what of ours it may import besides itself. A module belongs to its longest prefix in this table;
# a package on the right stands for everything in it.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "firmware.sip": (),
    "firmware.sdp": (),
    "firmware.rtp": (),
    "firmware.nat": (),
    "firmware.settings": (),
    "firmware.control": (),
    "board": (),
    "firmware.ua": ("firmware.sip", "firmware.sdp"),
    "firmware.media": ("firmware.rtp", "firmware.nat.stun", "firmware.control"),
    "firmware.phone": (
        "firmware.ua",
        "firmware.sdp",
        "firmware.settings",
        "firmware.control",
        # its value types only, never its machines
        "firmware.sip.digest",
        "firmware.sip.errors",
        "firmware.sip.flow",
        "firmware.sip.headers",
        "firmware.sip.uri",
    ),
    "firmware.net": ("firmware.sip", "firmware.ua", "firmware.nat"),
    "ui": ("firmware.control", "firmware.settings", "board.devices", "board.events"),
    "provisioning": (),
    "provisioning.document": ("firmware.settings",),
    "provisioning.device": ("firmware.settings", "firmware.control", "provisioning.document"),
    "provisioning.server": ("firmware.settings", "provisioning.document"),
    # These compose.
    "firmware": OURS,
    "tools": OURS,
    # The bench drives the same third-party programs and damages the same messages as the tests do.
    "tools.bench": (*OURS, "tests.interop", "tests.sip"),
}

SANS_IO = ("firmware.sip", "firmware.ua", "firmware.sdp", "firmware.rtp", "firmware.nat", "firmware.phone")

# Time and randomness are arguments, and the outside world is somebody else's business.
IMPURE = frozenset(
    [
        *("asyncio", "concurrent", "multiprocessing", "queue", "sched", "subprocess", "threading"),
        *("os", "select", "selectors", "signal", "socket", "socketserver", "ssl"),
        *("random", "secrets", "time"),
    ]
)

MOST_LINES_IN_A_FILE = 450
MOST_LINES_IN_A_FUNCTION = 60


def module_name(path: Path) -> str:
    """`firmware/sip/uri.py` -> `firmware.sip.uri`, a package's `__init__` -> the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PRODUCT = {module_name(path): path for folder in OURS for path in sorted((ROOT / folder).rglob("*.py"))}


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(package + ".")


def room_of(module: str) -> str:
    return max((room for room in MAY_IMPORT if within(module, room)), key=len)


def for_types_only(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING")


def imports_of(module: str, tree: ast.AST, *, types: bool = True) -> Iterator[str]:
    """Every module that a tree imports, inside functions too; relative names made absolute.

    `from package import name` gives `package.name`: the name may be a module. `types` false leaves out what
    only the type checker sees.
    """
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parent = module.split(".")[: -node.level]
                base = ".".join([*parent, base] if base else parent)
            yield from (f"{base}.{alias.name}" for alias in node.names)
        elif types or not for_types_only(node):
            yield from imports_of(module, node, types=types)


def forbidden_imports(module: str, source: str) -> list[str]:
    room = room_of(module)
    allowed = (room, *MAY_IMPORT[room])
    found = list(imports_of(module, ast.parse(source)))
    ours = [name for name in found if any(within(name, folder) for folder in (*OURS, "tests"))]
    wrong = [name for name in ours if not any(within(name, package) for package in allowed)]
    if room in SANS_IO:
        wrong += [name for name in found if name.split(".")[0] in IMPURE]
    return wrong


def long_functions(source: str) -> list[str]:
    return [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= MOST_LINES_IN_A_FUNCTION
    ]


def asserts(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("module", PRODUCT)
def test_module_imports_only_what_its_room_may(module: str) -> None:
    assert forbidden_imports(module, PRODUCT[module].read_text()) == []


@pytest.mark.parametrize("module", PRODUCT)
def test_module_keeps_its_form(module: str) -> None:
    """No `assert` (python -O drops it, and a peer must not raise AssertionError) and no endless function."""
    source = PRODUCT[module].read_text()
    assert asserts(source) == []
    assert long_functions(source) == []


def test_no_two_modules_import_each_other() -> None:
    graph = {}
    for module, path in PRODUCT.items():
        names = set(imports_of(module, ast.parse(path.read_text()), types=False))
        # `a.b.name` is the module a.b unless a.b.name is one itself.
        graph[module] = {name if name in PRODUCT else name.rpartition(".")[0] for name in names} - {module}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("modules import each other: " + " <- ".join(error.args[1]))


def test_no_file_is_too_long() -> None:
    folders = (*OURS, "tests")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert {name: length for name, length in lengths.items() if length > MOST_LINES_IN_A_FILE} == {}


def test_every_room_of_the_table_exists() -> None:
    """A renamed room must not slip out of the rules."""
    rooms = [room for room in MAY_IMPORT if not room.startswith("provisioning.")]
    assert [room for room in rooms if not (ROOT / room.replace(".", "/")).is_dir()] == []


@pytest.mark.parametrize(
    ("module", "source", "wrong"),
    [
        ("firmware.sip.uri", "import asyncio", ["asyncio"]),
        ("firmware.sip.uri", "def late():\n    from time import time", ["time.time"]),
        ("firmware.sip.uri", "from firmware.ua import endpoint", ["firmware.ua.endpoint"]),
        ("firmware.sip.uri", "from ..ua.endpoint import Endpoint", ["firmware.ua.endpoint.Endpoint"]),
        ("firmware.sip.uri", "from firmware.sip import headers", []),
        ("firmware.phone.call", "import firmware.net.driver", ["firmware.net.driver"]),
        ("firmware.phone.call", "from firmware.sip.uri import Uri", []),
        ("firmware.phone.call", "from firmware.sip import transaction", ["firmware.sip.transaction"]),
        ("firmware.net.driver", "import socket, firmware.phone", ["firmware.phone"]),
        ("firmware.media.engine", "from firmware.nat.stun import parse", []),
        ("firmware.media.engine", "from firmware.nat.ice import Agent", ["firmware.nat.ice.Agent"]),
        ("ui.lcd", "if TYPE_CHECKING:\n    import board.gpio", ["board.gpio"]),
        ("provisioning.server.store", "import firmware.control", ["firmware.control"]),
        ("firmware.handset", "import asyncio, firmware.net, ui, board", []),
        ("tools.exchange.gate", "import tests.interop", ["tests.interop"]),
        ("tools.bench.calls", "import tests.interop.kamailio, firmware.cli", []),
    ],
)
def test_rules_catch(module: str, source: str, wrong: list[str]) -> None:
    """The rules themselves bite, and bite only what they should."""
    assert forbidden_imports(module, source) == wrong


def test_form_rules_catch() -> None:
    """The rules about form bite too, at the line where they should."""
    assert asserts("x = 1\nassert x") == [2]
    assert long_functions("def f():\n" + "    x = 1\n" * 59) == []
    assert long_functions("def f():\n" + "    x = 1\n" * 60) == ["f (61 lines)"]
