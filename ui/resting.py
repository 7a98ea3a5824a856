"""The content of the screens without a call: six cells in height, made from the snapshot alone."""

from ui.scene import BLANK, Scene, clean
from ui.screen import Row
from ui.view import current

CURSOR = "_"


def idle(scene: Scene) -> tuple[Row, ...]:
    """Clock, date and what a person should know."""
    clock = Row(scene.moment.time(), size="clock", height=2, centred=True)
    date = Row(scene.moment.date(scene.texts), centred=True, tone="quiet")
    return (BLANK, clock, date, BLANK, _news(scene))


def _news(scene: Scene) -> Row:
    now, texts = scene.now, scene.texts
    if words := scene.sound_trouble:
        return Row(words, tone="bad")
    unserved = [line for line in now.lines if line.registration in ("failed", "registering")]
    if unserved:
        return Row(texts["other-line"].format(line=scene.line_name(unserved[0])), tone="warning")
    if now.missed:
        return Row(texts["missed"].format(count=now.missed), tone="warning")
    return BLANK


def no_line(scene: Scene) -> tuple[Row, ...]:
    """No account in the settings."""
    texts = scene.texts
    words = Row(texts["no-line-words"], height=2)
    return (BLANK, Row(texts["no-line"], tone="warning"), words, BLANK, _news(scene))


def trouble(scene: Scene) -> tuple[Row, ...]:
    """No line works: which, why, and when it is tried again."""
    failed = [line for line in scene.now.lines if line.registration == "failed"]
    line = (*failed, *scene.now.lines)[0]
    title = scene.texts["not-registered" if failed else "registering"]
    retry = ""
    if line.retry_at is not None:
        retry = scene.texts["retry-in"].format(time=scene.moment.countdown(line.retry_at))
    return (
        BLANK,
        Row(title, tone="warning"),
        Row(clean(line.words), height=2),
        Row(retry, tone="quiet"),
        Row(scene.sound_trouble, tone="bad"),
    )


def off_hook(scene: Scene) -> tuple[Row, ...]:
    """A dial tone is heard: a number is awaited."""
    redial = clean(scene.now.last_dialled)
    return _dial_page(scene, CURSOR, last=scene.texts["redial-hint"].format(number=redial) if redial else "")


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
    message = scene.sound_trouble
    if kept is not None and kept.phase == "held" and not message:
        message = scene.texts["on-hold-too"].format(name=scene.name(kept))
    return (
        BLANK,
        Row(scene.texts["dial-a-number"], tone="quiet"),
        Row(entry, size="large", height=2, keep_end=True),
        Row(hint, tone="quiet"),
        Row(message, tone="warning") if message else Row(last, tone="quiet"),
    )
