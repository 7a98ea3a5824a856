"""The bench's arithmetic and table, and that its quick rows run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.bench import __main__ as bench_command
from tools.bench.figure import Anchor, Figure, cells, notes, number, table
from tools.bench.messages import worst
from tools.bench.offer import address_of, offer
from tools.bench.rows import Bench, Row, chosen, run
from tools.bench.statistics import gaps, median, percentile


def figure(value: float | None = 4.0, **fields: object) -> Figure:
    return Figure("setup", "INVITE to 200", value, "ms", **{"goal": 5.0, **fields})  # type: ignore[arg-type]


def test_percentiles_are_values_that_occurred():
    assert percentile([4, 1, 3, 2], 99) == 4
    assert percentile([4, 1, 3, 2], 25) == 1
    assert median([5]) == 5
    assert median([1, 2, 3, 4]) == 2
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_gaps_are_between_neighbours():
    assert gaps([1.0, 3.0, 3.5]) == [2.0, 0.5]
    assert gaps([1.0]) == []


def test_verdicts():
    assert figure(5.0).verdict == "met"
    assert figure(10.0).verdict == "missed: 2 times the goal"
    assert figure(10.0, goal=None).verdict == "no goal"
    assert figure(None).verdict == "not measured"


def test_a_failed_control_takes_the_verdict():
    """Neither good nor bad is said on a machine where the anchor itself does badly."""
    for value in (1.0, 100.0):
        assert figure(value, anchor=Anchor("baresip", 3.1, most=3)).verdict == "machine too noisy"
    assert figure(anchor=Anchor("baresip", 3.0, most=3)).verdict == "met"
    assert figure(anchor=Anchor("baresip", 99.0)).verdict == "met"


def test_numbers_have_three_digits():
    assert [number(value) for value in (None, 0.00123, 1.0, 12.345, 1234.5)] == [
        "-",
        "0.00123",
        "1",
        "12.3",
        "1234",
    ]


def test_table_shows_each_figure_beside_goal_and_anchor():
    measured = figure(anchor=Anchor("baresip", 0.9), best_known="linphone 20", seed=7, note="best 3.1")
    head, rule, line, *said = table([measured]).splitlines()
    assert head.split() == ["row", "figure", "measured", "goal", "anchor", "verdict"]
    assert set(rule) == {"-", " "}
    assert line.split("  ")[0] == "setup"
    assert cells(measured)[2:] == ("4 ms", "<= 5", "0.9 baresip", "met")
    assert [note.strip() for note in said] == ["best 3.1", "best known: linphone 20", "seed 7"]
    assert notes(figure(best_known="linphone 20")) == []
    assert cells(figure(best_known="linphone 20"))[4] == "linphone 20"


def test_json_has_everything():
    written = json.loads(json.dumps(figure(anchor=Anchor("baresip", 0.9, most=3)).as_json()))
    assert written["anchor"] == {"name": "baresip", "value": 0.9, "most": 3}
    assert written["verdict"] == "met"


@pytest.mark.parametrize(("controls", "runs"), [((9.0, 1.0), 2), ((9.0, 9.0), 2), ((1.0,), 1)])
def test_a_noisy_row_is_measured_once_more(tmp_path: Path, controls: tuple[float, ...], runs: int):
    folders: list[str] = []

    def measure(bench: Bench) -> Iterator[Figure]:
        folders.append(bench.folder.name)
        yield figure(anchor=Anchor("baresip", controls[len(folders) - 1], most=3))

    (last,) = run(Row("setup", "", measure), Bench(tmp_path))
    assert folders == ["setup-1", "setup-2"][:runs]
    assert last.anchor is not None
    assert last.anchor.value == controls[-1]


def test_an_untimed_row_is_never_repeated(tmp_path: Path):
    noisy = figure(anchor=Anchor("baresip", 9.0, most=3))
    assert run(Row("parse", "", lambda bench: iter([noisy]), timed=False), Bench(tmp_path)) == [noisy]


def test_rows_are_chosen_by_name():
    rows = bench_command.ROWS
    assert chosen(rows, []) == list(rows)
    assert [row.name for row in chosen(rows, ["setup", "parse"])] == ["setup", "parse"]
    with pytest.raises(ValueError, match="no row “speed”"):
        chosen(rows, ["speed"])


def test_effort_scales_but_leaves_something():
    assert Bench(Path(), effort=0.1).times(30, 5) == 5
    assert Bench(Path(), effort=0.5).times(30, 5) == 15
    assert Bench(Path(), seed=1).random().random() == Bench(Path(), seed=1).random().random()


def test_the_dearest_input_is_found():
    def work(data: bytes) -> None:
        sum(range(200_000 if data == b"b" else 10))

    assert worst(work, [b"a", b"b", b"c"])[1] == b"b"


def test_offer_and_answer():
    assert b"m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n" in offer(4000, "opus")
    assert address_of(offer(4000)) == ("127.0.0.1", 4000)


def test_quick_rows_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """One run as a person starts it: a table on the terminal, the same figures in the file."""
    file = tmp_path / "build" / "bench.json"
    assert bench_command.main(["parse", "mutations", "--effort", "0.01", "--json", str(file)]) == 0
    figures = json.loads(file.read_text())["figures"]
    assert {entry["row"] for entry in figures} == {"parse", "mutations"}
    assert all(entry["value"] > 0 for entry in figures)
    printed = capsys.readouterr().out
    assert all(entry["name"] in printed for entry in figures)


def test_a_row_that_crashes_fails_the_command_but_no_other_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    def crash(bench: Bench) -> Iterator[Figure]:
        raise RuntimeError("out of chalk")

    rows = (Row("bad", "", crash), Row("good", "", lambda bench: iter([figure()])))
    monkeypatch.setattr(bench_command, "ROWS", rows)
    assert bench_command.main(["--json", str(tmp_path / "bench.json")]) == 1
    out, err = capsys.readouterr()
    assert "INVITE to 200" in out
    assert "not run to their end: bad" in out
    assert "out of chalk" in err


def test_an_unknown_row_is_refused(capsys: pytest.CaptureFixture[str]):
    assert bench_command.main(["speed"]) == 2
    assert "there are parse, mutations" in capsys.readouterr().err
