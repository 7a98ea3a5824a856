"""The content of the screens of a call: six cells in height, made from the snapshot alone.

Each of them says in words whether the call is private, or was.
"""

from collections.abc import Mapping

from firmware.control.state import Call, Privacy
from ui.moment import Moment
from ui.scene import Scene, clean
from ui.screen import Row, Tone

CODECS = {"PCMU": "G.711u", "PCMA": "G.711a", "G722": "G.722 HD", "opus": "Opus HD"}
"""What people call a codec; HD carries more than a telephone line does."""
PRIVACY_TONES: Mapping[Privacy, Tone] = {"private": "good", "not private": "warning", "none yet": "quiet"}
POOR = 3.4
"""Quality (E-model, G.107) below which its words are shown."""


def ringing_out(scene: Scene) -> tuple[Row, ...]:
    """We call somebody."""
    words = scene.texts["ringing" if scene.call.phase == "ringing" else "calling"]
    return (
        *_who(scene),
        Row(words, right=scene.moment.elapsed(scene.call.began_at)),
        _privacy(scene, scene.call),
        _message(scene, scene.call),
    )


def incoming(scene: Scene) -> tuple[Row, ...]:
    """Somebody calls us."""
    line = next((line for line in scene.now.lines if line.id == scene.call.line), None)
    to_line = scene.texts["to-line"].format(line=scene.line_name(line)) if line else ""
    last = Row(to_line, tone="quiet")
    if trouble := scene.sound_trouble:
        last = Row(trouble, tone="bad")
    return (
        *_who(scene),
        Row(scene.texts["incoming"], right=scene.moment.elapsed(scene.call.began_at), tone="warning"),
        _privacy(scene, scene.call),
        last,
    )


def in_call(scene: Scene) -> tuple[Row, ...]:
    """We talk."""
    call = scene.call
    return (
        *_who(scene),
        _privacy(scene, call, right=scene.since(call.connected_at)),
        Row(CODECS.get(call.codec, clean(call.codec)), right=_quality(scene, call), tone="quiet"),
        _message(scene, call),
    )


def held(scene: Scene) -> tuple[Row, ...]:
    """The other side waits."""
    call = scene.call
    total = scene.since(call.connected_at)
    last = Row(scene.texts["total"].format(time=total) if total else "", tone="quiet")
    if trouble := scene.sound_trouble:
        last = Row(trouble, tone="bad")
    return (
        *_who(scene),
        Row(scene.texts["on-hold"], right=scene.since(call.held_at), tone="warning"),
        _privacy(scene, call),
        last,
    )


def failed(scene: Scene) -> tuple[Row, ...]:
    """A call came to nothing, or broke off: the reason."""
    return _over(scene, "failed", "bad")


def ended(scene: Scene) -> tuple[Row, ...]:
    """The other side ended the call."""
    return _over(scene, "ended", "plain")


def _over(scene: Scene, words: str, tone: Tone) -> tuple[Row, ...]:
    call = scene.call
    lasted = ""
    if call.connected_at is not None and call.ended_at is not None:
        lasted = Moment(call.ended_at, scene.moment.wall).elapsed(call.connected_at)
    return (
        Row(scene.name(call), size="large", height=2),
        Row(scene.texts[words], right=lasted, tone=tone),
        Row(clean(call.words), height=2),
        Row(scene.texts[f"was.{call.privacy}"], tone=PRIVACY_TONES[call.privacy]),
    )


def waiting(scene: Scene) -> tuple[Row, ...]:
    """Somebody calls while we have a call."""
    here, there = scene.current, scene.call
    return (
        Row(scene.name(here), right=scene.since(here.connected_at), tone="quiet"),
        Row("> " + scene.name(there), size="large", height=2, tone="warning"),
        Row(scene.number(there), right=scene.texts["waiting"]),
        _privacy(scene, here),
        _message(scene, here),
    )


def _who(scene: Scene) -> tuple[Row, ...]:
    return (Row(scene.name(scene.call), size="large", height=2), Row(scene.number(scene.call)))


def _privacy(scene: Scene, call: Call, right: str = "") -> Row:
    return Row(scene.texts[call.privacy], right=right, tone=PRIVACY_TONES[call.privacy])


def _quality(scene: Scene, call: Call) -> str:
    if call.quality is None or call.quality.mos is None:
        return ""
    return scene.texts["quality"].format(mos=f"{call.quality.mos:.1f}")


def _message(scene: Scene, call: Call) -> Row:
    """The most important of what a person should know during a call."""
    if words := scene.sound_trouble:
        return Row(words, tone="bad")
    if call.held_by_peer:
        return Row(scene.texts["held-by-peer"], tone="warning")
    if scene.now.muted:
        return Row(scene.texts["muted"], tone="warning")
    quality = call.quality
    if quality is not None and (quality.mos is None or quality.mos < POOR) and quality.words:
        return Row(clean(quality.words), tone="warning")
    return Row(scene.texts["mute-off"] if call.phase == "active" else "", tone="quiet")
