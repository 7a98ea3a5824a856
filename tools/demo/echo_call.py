"""A call to the echo that nobody has to place, and how it went, in words."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from firmware.control.client import ControlClient
from firmware.control.messages import Dial, HangUp
from firmware.control.state import Call, Snapshot
from tools.demo.sound import Sound, delay_ms

TALK_SECONDS = 8.0
CONNECT_SECONDS = 10.0
LOOK_SECONDS = 0.1


async def echo_call(control: Path, number: str, sound: Sound) -> list[str]:
    """Call `number`, let it send back what is said for a while, hang up; the lines to print.

    Raises `ControlError`.
    """
    async with ControlClient(control) as phone:
        await phone.do(Dial(target=number))
        call = await _until(phone, number, ("active", "failed", "ended"), CONNECT_SECONDS)
        if call is None or call.phase != "active":
            return [f"The call failed: {call.words if call else 'nothing happened'}."]
        await asyncio.sleep(TALK_SECONDS)
        call = _call(await phone.snapshot(), number) or call
        await phone.do(HangUp())
    return list(_describe(call, sound))


async def _until(phone: ControlClient, number: str, phases: tuple[str, ...], seconds: float) -> Call | None:
    for _ in range(round(seconds / LOOK_SECONDS)):
        call = _call(await phone.snapshot(), number)
        if call is not None and call.phase in phases:
            return call
        await asyncio.sleep(LOOK_SECONDS)
    return None


def _call(snapshot: Snapshot, number: str) -> Call | None:
    return next((call for call in reversed(snapshot.calls) if call.number == number), None)


def _describe(call: Call, sound: Sound) -> Iterator[str]:
    quality = call.quality
    if quality is None:
        yield "The call stood, but nothing was measured."
        return
    yield f"How it went: {quality.words}."
    figures = [
        f"codec {call.codec}",
        f"{quality.lost_percent:g} % lost of {quality.received} packets",
        f"jitter {quality.jitter_ms:.1f} ms",
    ]
    if quality.mos is not None:
        figures.insert(0, f"MOS {quality.mos:.1f} of 4.5 (E-model)")
    if quality.round_trip_ms is not None:
        figures.append(f"round trip {quality.round_trip_ms:.0f} ms")
    yield ", ".join(figures)
    if sound.said is not None and sound.heard is not None:
        delay = delay_ms(sound.said, sound.heard)
        back = f"was back after {delay} ms, there and back" if delay is not None else "did not come back"
        yield f"The voice {back}."
    yield call.privacy_words
