"""The content of each screen: six cells in height, made from the snapshot alone."""

from dataclasses import dataclass

from firmware.control.state import Call, Line, Snapshot
from ui.font import repertoire
from ui.moment import Moment
from ui.screen import CONTENT_ROWS, TEXT_COLUMNS, Row, Tone
from ui.spelling import readable, wrap
from ui.texts import Texts
from ui.view import View, current, focus
from ui.view import incoming as incoming_call

BLANK = Row()
CURSOR = "_"
_CODECS = {"PCMU": "G.711u", "PCMA": "G.711a", "G722": "G.722 HD", "opus": "Opus HD"}
_PRIVACY_TONES: dict[str, Tone] = {"private": "good", "not private": "warning", "none yet": "quiet"}
POOR = 3.4
"""Estimates of quality (G.107) below this are shown in words."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a screen is made from."""

    now: Snapshot
    view: View
    moment: Moment
    texts: Texts

    @property
    def call(self) -> Call | None:
        """The call that the screen is about."""
        return focus(self.now)

    def line_name(self, line: Line | None) -> str:
        """What a line is called."""
        return "" if line is None else clean(line.name or line.id)

    def name(self, call: Call) -> str:
        """Who a call is with: the name, or the number, or nobody known."""
        return clean(call.name) or clean(call.number) or self.texts["anonymous"]

    def number(self, call: Call) -> str:
        """The number, where the name does not say it already."""
        number = clean(call.number)
        return "" if number == self.name(call) else number


def clean(text: str) -> str:
    """A text from elsewhere in characters that every display has."""
    return readable(text, repertoire())


# No call


def idle(scene: Scene) -> tuple[Row, ...]:
    """Clock, date and what a person should know."""
    clock = Row(scene.moment.time(), size="clock", height=2, centred=True)
    date = Row(scene.moment.date(scene.texts), centred=True, tone="quiet")
    return (BLANK, clock, date, BLANK, _news(scene))


def _news(scene: Scene) -> Row:
    now, texts = scene.now, scene.texts
    if words := _sound_trouble(scene):
        return Row(words, tone="bad")
    unserved = [line for line in now.lines if line.registration in ("failed", "registering")]
    if unserved:
        return Row(texts["other-line"].format(line=scene.line_name(unserved[0])), tone="warning")
    if now.missed:
        return Row(texts["missed"].format(count=now.missed), tone="warning")
    return BLANK


def trouble(scene: Scene) -> tuple[Row, ...]:
    """No line works: which, why, and when it is tried again."""
    texts = scene.texts
    if not scene.now.lines:
        words = Row(texts["no-line-words"], height=2)
        return (BLANK, Row(texts["no-line"], tone="warning"), words, BLANK, _news(scene))
    failed = [line for line in scene.now.lines if line.registration == "failed"]
    line = (*failed, *scene.now.lines)[0]
    title = texts["not-registered"] if failed else texts["registering"]
    retry = texts["retry-in"].format(time=scene.moment.countdown(line.retry_at)) if line.retry_at else ""
    return (
        BLANK,
        Row(title, tone="warning"),
        Row(clean(line.words), height=2),
        Row(retry, tone="quiet"),
        Row(_sound_trouble(scene), tone="bad"),
    )


def off_hook(scene: Scene) -> tuple[Row, ...]:
    """A dial tone is heard: a number is awaited."""
    redial = clean(scene.now.last_dialled)
    hint = scene.texts["redial-hint"].format(number=redial) if redial else ""
    return _dial_page(scene, CURSOR, last=hint)


def dialling(scene: Scene) -> tuple[Row, ...]:
    """The number so far, and how it will be sent."""
    now, texts = scene.now, scene.texts
    if now.send_at is not None:
        hint = texts["send-in"].format(seconds=scene.moment.remaining(now.send_at))
    elif now.hook == "off" or now.speaker:
        hint = texts["hash-to-call"]
    else:
        hint = texts["lift-to-call"]
    return _dial_page(scene, clean(now.entry) + CURSOR, hint=hint)


def _dial_page(scene: Scene, entry: str, *, hint: str = "", last: str = "") -> tuple[Row, ...]:
    kept = current(scene.now)
    message = _sound_trouble(scene)
    if kept is not None and kept.phase == "held" and not message:
        message = scene.texts["on-hold-too"].format(name=scene.name(kept))
    return (
        BLANK,
        Row(scene.texts["dial-a-number"], tone="quiet"),
        Row(entry, size="large", height=2, keep_end=True),
        Row(hint, tone="quiet"),
        Row(message, tone="warning") if message else Row(last, tone="quiet"),
    )


# Calls


def ringing_out(scene: Scene) -> tuple[Row, ...]:
    """We call somebody."""
    if (call := scene.call) is None:
        return ()
    words = scene.texts["ringing" if call.phase == "ringing" else "calling"]
    return (
        *_who(scene, call),
        Row(words, right=scene.moment.elapsed(call.began_at)),
        _privacy(scene, call),
        _message(scene, call),
    )


def incoming(scene: Scene) -> tuple[Row, ...]:
    """Somebody calls us."""
    if (call := scene.call) is None:
        return ()
    line = next((line for line in scene.now.lines if line.id == call.line), None)
    words = Row(scene.texts["incoming"], right=scene.moment.elapsed(call.began_at), tone="warning")
    to_line = Row(scene.texts["to-line"].format(line=scene.line_name(line)), tone="quiet")
    trouble_words = _sound_trouble(scene)
    last = Row(trouble_words, tone="bad") if trouble_words else to_line
    return (*_who(scene, call), words, _privacy(scene, call), last)


def in_call(scene: Scene) -> tuple[Row, ...]:
    """We talk."""
    if (call := scene.call) is None:
        return ()
    codec = _CODECS.get(call.codec, clean(call.codec))
    return (
        *_who(scene, call),
        _privacy(scene, call, right=_since(scene, call.connected_at)),
        Row(codec, right=_mos(scene, call), tone="quiet"),
        _message(scene, call),
    )


def held(scene: Scene) -> tuple[Row, ...]:
    """The other side waits."""
    if (call := scene.call) is None:
        return ()
    texts = scene.texts
    total = texts["total"].format(time=_since(scene, call.connected_at)) if call.connected_at else ""
    return (
        *_who(scene, call),
        Row(texts["on-hold"], right=_since(scene, call.held_at), tone="warning"),
        _privacy(scene, call),
        Row(_sound_trouble(scene) or total, tone="quiet"),
    )


def failed(scene: Scene) -> tuple[Row, ...]:
    """A call came to nothing: the reason."""
    return _over(scene, "failed", "bad")


def ended(scene: Scene) -> tuple[Row, ...]:
    """The other side ended the call."""
    return _over(scene, "ended", "plain")


def _over(scene: Scene, words: str, tone: Tone) -> tuple[Row, ...]:
    if (call := scene.call) is None:
        return ()
    lasted = ""
    if call.connected_at is not None and call.ended_at is not None:
        lasted = Moment(call.ended_at, scene.moment.wall).elapsed(call.connected_at)
    was = scene.texts[f"was.{call.privacy}"]
    return (
        Row(scene.name(call), size="large", height=2),
        Row(scene.texts[words], right=lasted, tone=tone),
        Row(clean(call.words), height=2),
        Row(was, tone=_PRIVACY_TONES[call.privacy]),
    )


def waiting(scene: Scene) -> tuple[Row, ...]:
    """Somebody calls while we have a call."""
    here, there = current(scene.now), incoming_call(scene.now)
    if here is None or there is None:
        return ()
    return (
        Row(scene.name(here), right=_since(scene, here.connected_at), tone="quiet"),
        Row("> " + scene.name(there), size="large", height=2),
        Row(scene.number(there), right=scene.texts["waiting"], tone="warning"),
        _privacy(scene, here),
        _message(scene, here),
    )


def _who(scene: Scene, call: Call) -> tuple[Row, ...]:
    return (Row(scene.name(call), size="large", height=2), Row(scene.number(call)))


def _privacy(scene: Scene, call: Call, right: str = "") -> Row:
    return Row(scene.texts[call.privacy], right=right, tone=_PRIVACY_TONES[call.privacy])


def _since(scene: Scene, at: float | None) -> str:
    return "" if at is None else scene.moment.elapsed(at)


def _mos(scene: Scene, call: Call) -> str:
    if call.quality is None or call.quality.mos is None:
        return ""
    return scene.texts["quality"].format(mos=f"{call.quality.mos:.1f}")


def _message(scene: Scene, call: Call) -> Row:
    """The most important of what a person should know during a call."""
    if words := _sound_trouble(scene):
        return Row(words, tone="bad")
    if call.held_by_peer:
        return Row(scene.texts["held-by-peer"], tone="warning")
    if scene.now.muted:
        return Row(scene.texts["muted"], tone="warning")
    quality = call.quality
    if quality is not None and (quality.mos is None or quality.mos < POOR) and quality.words:
        return Row(clean(quality.words), tone="warning")
    return Row(scene.texts["mute-off"] if call.phase == "active" else "", tone="quiet")


def _sound_trouble(scene: Scene) -> str:
    if scene.now.voice == "down":
        return scene.texts["no-voice"]
    return clean(scene.now.sound.words)


# The information page


def information(scene: Scene) -> tuple[Row, ...]:
    """All the words that the other screens have no room for, scrolled."""
    lines = page_lines(scene)
    top = min(scene.view.top, max(0, len(lines) - CONTENT_ROWS))
    shown = lines[top : top + CONTENT_ROWS]
    return tuple(Row(line) for line in (*shown, *[""] * (CONTENT_ROWS - len(shown))))


def page_lines(scene: Scene) -> tuple[str, ...]:
    """The page in lines; what belongs to one thing is indented after its first line."""
    call = scene.call
    paragraphs = _of_telephone(scene) if call is None else _of_call(scene, call)
    filled = [clean(paragraph) for paragraph in paragraphs if paragraph] or [scene.texts["info.nothing"]]
    return tuple(line for paragraph in filled for line in _indented(paragraph))


def _indented(paragraph: str) -> tuple[str, ...]:
    first = wrap(paragraph, TEXT_COLUMNS)[0]
    rest = paragraph[len(first) :].lstrip()
    return (first, *(f" {line}" for line in wrap(rest, TEXT_COLUMNS - 1)))


def _of_call(scene: Scene, call: Call) -> tuple[str, ...]:
    quality = call.quality.words if call.quality else ""
    codec = scene.texts["info.codec"].format(codec=call.codec) if call.codec else ""
    return (call.words, call.name, call.address, call.privacy_words, quality, codec, *_trouble_words(scene))


def _of_telephone(scene: Scene) -> tuple[str, ...]:
    lines = tuple(_about_line(scene, line) for line in scene.now.lines)
    notes = tuple(
        scene.texts["info.note"].format(time=scene.moment.time_of(note.at), words=note.words)
        for note in reversed(scene.now.notes)
    )
    return (*_trouble_words(scene), *lines, *notes)


def _trouble_words(scene: Scene) -> tuple[str, ...]:
    return (_sound_trouble(scene),)


def _about_line(scene: Scene, line: Line) -> str:
    text = scene.texts[f"info.line-{line.registration}"]
    return text.format(line=line.name or line.id, transport=line.transport, words=line.words)
