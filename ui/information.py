"""The information page: all the words that the other screens have no room for, scrolled."""

from firmware.control.state import Call, Line
from ui.scene import Scene, clean
from ui.screen import CONTENT_ROWS, TEXT_COLUMNS, Row
from ui.spelling import wrap
from ui.view import focus


def information(scene: Scene) -> tuple[Row, ...]:
    """The rows of the page from where it is scrolled to."""
    lines = page(scene)
    top = min(scene.view.top, last_top(lines))
    shown = lines[top : top + CONTENT_ROWS]
    return tuple(Row(line) for line in (*shown, *[""] * (CONTENT_ROWS - len(shown))))


def position(scene: Scene) -> str:
    """How far down the page is scrolled, if it does not fit: the last line shown of how many."""
    lines = page(scene)
    end = min(scene.view.top, last_top(lines)) + CONTENT_ROWS
    return f"{end}/{len(lines)}" if len(lines) > CONTENT_ROWS else ""


def last_top(lines: tuple[str, ...]) -> int:
    """How far a page of so many lines can be scrolled."""
    return max(0, len(lines) - CONTENT_ROWS)


def page(scene: Scene) -> tuple[str, ...]:
    """The whole page in lines; what belongs to one thing is indented after its first line."""
    call = focus(scene.now)
    paragraphs = _of_telephone(scene) if call is None else _of_call(scene, call)
    cleaned = [clean(paragraph) for paragraph in (scene.sound_trouble, *paragraphs)]
    filled = [paragraph for paragraph in cleaned if paragraph] or [scene.texts["info.nothing"]]
    return tuple(line for paragraph in filled for line in _indented(paragraph))


def _indented(paragraph: str) -> tuple[str, ...]:
    first = wrap(paragraph, TEXT_COLUMNS)[0]
    rest = paragraph[len(first) :].lstrip()
    return (first, *(f" {line}" for line in wrap(rest, TEXT_COLUMNS - 1)))


def _of_call(scene: Scene, call: Call) -> tuple[str, ...]:
    quality = call.quality.words if call.quality else ""
    codec = scene.texts["info.codec"].format(codec=call.codec) if call.codec else ""
    return (call.words, call.name, call.address, call.privacy_words, quality, codec)


def _of_telephone(scene: Scene) -> tuple[str, ...]:
    notes = (
        scene.texts["info.note"].format(time=scene.moment.time_of(note.at), words=note.words)
        for note in reversed(scene.now.notes)
    )
    return (*(_about_line(scene, line) for line in scene.now.lines), *notes)


def _about_line(scene: Scene, line: Line) -> str:
    text = scene.texts[f"info.line-{line.registration}"]
    return text.format(line=line.name or line.id, transport=line.transport, words=line.words)
