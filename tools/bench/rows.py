"""What a row of the bench is, and where all of them are."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench.figure import Figure

SEED = 20_040_929


@dataclass(frozen=True, slots=True)
class Bench:
    """What every row gets: a folder of its own, a seed, and how much to do (1 is a full run)."""

    folder: Path
    seed: int = SEED
    effort: float = 1.0

    def times(self, count: int, least: int = 1) -> int:
        """`count` of a full run, fewer in a quick one."""
        return max(least, round(count * self.effort))

    def random(self) -> random.Random:
        """A source that is the same in every run."""
        return random.Random(self.seed)


@dataclass(frozen=True, slots=True)
class Row:
    """`measure` yields its figures; a `timed` row is measured once more if its control failed."""

    name: str
    about: str
    measure: Callable[[Bench], Iterator[Figure]]
    timed: bool = True


def run(row: Row, bench: Bench, attempt: int = 1) -> list[Figure]:
    """The row's figures, of a second attempt if the machine was too noisy during the first."""
    folder = bench.folder / f"{row.name}-{attempt}"
    folder.mkdir(parents=True)
    figures = list(row.measure(Bench(folder, bench.seed, bench.effort)))
    if row.timed and attempt == 1 and any(figure.noisy for figure in figures):
        return run(row, bench, attempt=2)
    return figures


def chosen(rows: Sequence[Row], names: Sequence[str]) -> list[Row]:
    """The rows of these names, all without any. Raises ValueError for a name that no row has."""
    known = {row.name: row for row in rows}
    for name in names:
        if name not in known:
            raise ValueError(f"There is no row “{name}”; there are {', '.join(known)}.")
    return [known[name] for name in names] or list(rows)
