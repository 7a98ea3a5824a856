"""Telephones in every state, as snapshots: what the screens are drawn from in these tests."""

from datetime import datetime

from firmware.control.state import Call, Line, Note, Quality, Snapshot, Sound

NOW = 10_000.0
WALL = datetime(2026, 11, 23, 14, 5, 20)

LINE = Line(id="101", address="sip:101@pbx.example", name="101", registration="registered", transport="TLS")
UP = {"lines": (LINE,), "voice": "up"}


def call(**fields: object) -> Call:
    """A call from Alice on line 101, unless the fields say otherwise."""
    alice = {
        "id": "1",
        "line": "101",
        "direction": "in",
        "phase": "active",
        "number": "+442079460123",
        "address": "sip:+442079460123@pbx.example",
        "name": "Alice Example",
        "began_at": NOW - 4,
    }
    return Call(**{**alice, **fields})  # type: ignore[arg-type]


def phone(*calls: Call, **fields: object) -> Snapshot:
    """A telephone with a line in service and these calls, the first selected."""
    selected = calls[0].id if calls else None
    return Snapshot(**{**UP, "calls": calls, "selected": selected, **fields})  # type: ignore[arg-type]


TALK = {
    "connected_at": NOW - 727,
    "privacy": "private",
    "privacy_words": "Private on the way; your provider could listen.",
    "codec": "G722",
    "quality": Quality(mos=4.2, words="sound is good"),
}
BOB = {"id": "2", "direction": "out", "number": "202", "address": "sip:202@pbx.example", "name": "Bob"}
CARL = {"id": "3", "phase": "incoming", "number": "303", "address": "sip:303@pbx.example"}

TELEPHONES: dict[str, Snapshot] = {
    "idle": phone(),
    "idle-missed": phone(missed=2, last_dialled="202"),
    "idle-second-line": phone(
        lines=(LINE, Line(id="home", address="sip:me@home.example", registration="failed", words="no answer"))
    ),
    "trouble": phone(
        lines=(
            Line(
                id="101",
                address="sip:101@pbx.example",
                registration="failed",
                words="The server pbx.example does not answer.",
                retry_at=NOW + 26.5,
            ),
        )
    ),
    "registering": phone(lines=(Line(id="101", address="sip:101@pbx.example", registration="registering"),)),
    "no-line": phone(lines=()),
    "off-hook": phone(hook="off", collecting=True, last_dialled="202"),
    "off-hook-held": phone(
        call(phase="held", held_at=NOW - 41, **TALK), hook="off", collecting=True, last_dialled="202"
    ),
    "dialling": phone(hook="off", collecting=True, entry="0207946", send_at=NOW + 2.5),
    "dialling-on-hook": phone(collecting=True, entry="0207946"),
    "dialling-long": phone(hook="off", collecting=True, entry="00442079460123456789", send_at=NOW + 3),
    "calling": phone(call(**BOB, phase="calling"), hook="off"),
    "ringing-out": phone(call(**{**BOB, "name": "Bob Example"}, phase="ringing"), speaker=True),
    "incoming": phone(call(phase="incoming", connected_at=None)),
    "in-call": phone(call(**TALK), hook="off"),
    "in-call-muted": phone(call(**TALK), hook="off", muted=True),
    "in-call-not-private": phone(
        call(
            connected_at=NOW - 3727,
            privacy="not private",
            codec="PCMA",
            name="Jürgen Größe-Ångström von Überlingen",
            quality=Quality(mos=2.1, words="sound is poor: the network loses 9 % of the packets"),
        ),
        speaker=True,
    ),
    "in-call-no-card": phone(
        call(**TALK), hook="off", sound=Sound(state="reopening", words="Sound card unplugged")
    ),
    "held": phone(call(phase="held", held_at=NOW - 41, **TALK), hook="off"),
    "held-by-peer": phone(call(held_by_peer=True, **TALK), hook="off"),
    "two-calls": phone(
        call(**TALK), call(**BOB, phase="held", held_at=NOW - 9, connected_at=NOW - 60), hook="off"
    ),
    "failed": phone(
        call(**BOB, phase="failed", ended_at=NOW, status=404, words="nobody has this number (404)"),
        hook="off",
    ),
    "ended": phone(call(phase="ended", ended_at=NOW - 2, words="The other side hung up", **TALK), hook="off"),
    "waiting": phone(call(**TALK), call(**{**CARL, "name": "Carl Sample"}), hook="off"),
    "waiting-unknown": phone(call(**TALK), call(**{**CARL, "name": ""}), hook="off"),
    "notes": phone(
        notes=(
            Note(at=NOW - 3600, words="Missed call from Carl Sample."),
            Note(at=NOW - 60, words="Call with 404: nobody has this number (404)."),
        )
    ),
}
