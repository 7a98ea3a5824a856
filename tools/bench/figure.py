"""What was measured, against what was hoped for; and how a list of that is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

COLUMNS = ("row", "figure", "measured", "goal", "anchor", "verdict")


@dataclass(frozen=True, slots=True)
class Anchor:
    """Somebody else's figure for the same thing. `most` is what it is on a machine that is quiet enough."""

    name: str
    value: float
    most: float | None = None

    @property
    def noisy(self) -> bool:
        """Whether the control did so badly that the machine is to blame."""
        return self.most is not None and self.value > self.most


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value. The smaller the better; `goal` is the most that is wanted."""

    row: str
    name: str
    value: float | None
    """None when it could not be measured; `note` says why."""
    unit: str
    goal: float | None = None
    anchor: Anchor | None = None
    """Measured in the same run."""
    best_known: str = ""
    """Published or measured elsewhere."""
    seed: int | None = None
    note: str = ""
    """What the value is made of, or why it is missed."""

    @property
    def noisy(self) -> bool:
        """Whether the control call failed, so that the value says nothing."""
        return self.anchor is not None and self.anchor.noisy

    @property
    def verdict(self) -> str:
        """In words; never bare seconds against a clock, as the control has its say first."""
        if self.value is None:
            return "not measured"
        if self.noisy:
            return "machine too noisy"
        if self.goal is None:
            return "no goal"
        if self.value <= self.goal:
            return "met"
        return f"missed: {self.value / self.goal:.2g} times the goal"

    def as_json(self) -> dict[str, Any]:
        """Everything, for `build/bench.json`."""
        return {**asdict(self), "verdict": self.verdict}


def number(value: float | None) -> str:
    """Three significant digits, without an exponent."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.3g}"


def cells(figure: Figure) -> tuple[str, ...]:
    """The figure as a line of the table."""
    anchor = f"{number(figure.anchor.value)} {figure.anchor.name}" if figure.anchor else figure.best_known
    goal = f"<= {number(figure.goal)}" if figure.goal is not None else "-"
    measured = f"{number(figure.value)} {figure.unit}" if figure.value is not None else "-"
    return figure.row, figure.name, measured, goal, anchor or "-", figure.verdict


def table(figures: Iterable[Figure]) -> str:
    """All figures in columns, each with its note below."""
    figures = tuple(figures)
    rows = [COLUMNS, *(cells(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = [_line(rows[0], widths), _line(["-" * width for width in widths], widths)]
    for figure, row in zip(figures, rows[1:], strict=True):
        lines.append(_line(row, widths))
        lines += [f"{'':{widths[0]}}    {note}" for note in notes(figure)]
    return "\n".join(lines)


def notes(figure: Figure) -> list[str]:
    """What is said below a figure's line."""
    said = [figure.note] if figure.note else []
    if figure.anchor and figure.best_known:
        said.append(f"best known: {figure.best_known}")
    if figure.seed is not None:
        said.append(f"seed {figure.seed}")
    return said


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
