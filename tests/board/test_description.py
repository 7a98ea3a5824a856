"""Board files: a right one gives a board, a wrong one a sentence with file, key and cause."""

from pathlib import Path

import pytest

from board.board import BoardError, open_board
from board.description import describe

BOARDS = Path(__file__).parents[2] / "board" / "boards"
RIGHT = """
schema = 1
id = "mine"
[hook]
driver = "sim"
[keypad]
driver = "sim"
keymap = [["1", "2"], ["soft1"]]
[display]
driver = "sim"
width = 320
height = 240
[lamps.line]
driver = "sim"
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def sentence(file: Path) -> str:
    """What is wrong with a file."""
    with pytest.raises(BoardError) as refused:
        describe(file)
    return str(refused.value)


@pytest.mark.parametrize("file", sorted(BOARDS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_board_that_is_shipped_is_right(file: Path) -> None:
    """And is called what its file is called, with every key that a call needs."""
    description = describe(file)
    assert description.id == file.stem
    assert {"soft1", "soft2", "soft3", "soft4", "0", "9", "star", "hash"} <= set(description.keys)


def test_a_right_file_gives_a_board_of_its_own_size(tmp_path: Path) -> None:
    """The size in the settings is for the simulated telephone only."""
    board = open_board(str(written(tmp_path, RIGHT)), clock=lambda: 0.0, display_size=(128, 64))
    assert (board.name, board.keypad.keys) == ("mine", ("1", "2", "soft1"))
    assert (board.display.width, board.display.height, board.display.mode) == (320, 240, "RGB")
    assert list(board.lamps) == ["line"]


@pytest.mark.parametrize(
    ("right", "wrong", "key", "cause"),
    [
        ("width = 320", 'width = "320"', "display.width", "Expected `int`, got `str`"),
        ("width = 320", "width = 0", "display.width", "Expected `int` >= 1"),
        ("height = 240", "", "display", "missing required field `height`"),
        ("height = 240", "height = 240\ndepth = 3", "display", "unknown field `depth`"),
        ("schema = 1", "schema = 2", "schema", "Invalid enum value 2"),
        ('[hook]\ndriver = "sim"', '[hook]\ndriver = "magic"', "hook.driver", "Invalid enum value 'magic'"),
        ('["1", "2"]', '["1", "1"]', "keypad.keymap", "the key 1 is there twice"),
    ],
)
def test_a_wrong_value_is_refused_with_file_key_and_cause(
    tmp_path: Path, right: str, wrong: str, key: str, cause: str
) -> None:
    assert right in RIGHT
    file = written(tmp_path, RIGHT.replace(right, wrong, 1))
    told = sentence(file)
    assert told.startswith(f"The board file {file}, {key}: ")
    assert cause in told


def test_a_file_that_is_not_toml_is_refused_with_the_line(tmp_path: Path) -> None:
    told = sentence(written(tmp_path, "schema = 1\nid = oops\n"))
    assert "is not TOML" in told
    assert "line 2" in told


def test_a_file_that_is_not_there_is_refused_with_what_to_do(tmp_path: Path) -> None:
    assert "use sim for the simulated telephone" in sentence(tmp_path / "none.toml")


def test_a_folder_and_a_file_of_other_bytes_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    for file in (tmp_path, tmp_path / "bytes.toml"):
        assert "cannot be read" in sentence(file)
