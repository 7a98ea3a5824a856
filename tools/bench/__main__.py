"""`python -m tools.bench [ROW...] [--json FILE]`: measures, prints a table, writes JSON.

No figure fails anything: the exit status is 0 unless a row could not be run at all.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.bench import calls, keys, load, messages, voice
from tools.bench.figure import Figure, table
from tools.bench.rows import SEED, Bench, Row, chosen, run

ROWS: tuple[Row, ...] = (*messages.ROWS, *calls.ROWS, *load.ROWS, *voice.ROWS, *keys.ROWS)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its exit status."""
    options = _parser().parse_args(arguments)
    try:
        rows = chosen(ROWS, options.rows)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    figures: list[Figure] = []
    crashed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="offhook-bench-") as folder:
        bench = Bench(Path(folder), options.seed, options.effort)
        for row in rows:
            print(f"measuring {row.name}: {row.about} ...", file=sys.stderr, flush=True)
            try:
                figures += run(row, bench)
            except Exception:  # noqa: BLE001  one row's fault must not cost the figures of all others
                traceback.print_exc()
                crashed.append(row.name)
    print(table(figures))
    if crashed:
        print(f"not run to their end: {', '.join(crashed)}")
    _write(options.json, {"machine": machine(), "figures": [figure.as_json() for figure in figures]})
    return 1 if crashed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(row.name for row in ROWS))
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), metavar="FILE")
    parser.add_argument("--seed", type=int, default=SEED, help="of mutations and jitter (%(default)s)")
    parser.add_argument(
        "--effort", type=float, default=1.0, metavar="SHARE", help="share of a full run, such as 0.1"
    )
    return parser


def machine() -> dict[str, Any]:
    """Where and when the figures were taken."""
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
