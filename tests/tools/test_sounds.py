"""What the exchange's own numbers say, block by block, and its telephones' settings."""

import wave
from array import array
from itertools import islice
from pathlib import Path

import pytest

from firmware.media.pcm import BLOCK, BLOCK_MS, RATE, SILENCE
from firmware.settings.load import load
from tools.exchange.certificate import make_identity
from tools.exchange.handsets import Handset, write_settings
from tools.exchange.sounds import BEEP_MS, LEAD_MS, LONGEST_MS, PAUSE_MS, Parrot, Recording, blocks_of, peak


def loud(level: int = 5000) -> bytes:
    """A block with a voice in it; each level is another voice."""
    return array("h", [level, -level] * (BLOCK // 2)).tobytes()


def hear(parrot: Parrot, block: bytes, milliseconds: int) -> list[bytes]:
    """Say a block to the parrot for a while; what it says meanwhile."""
    return [bytes(parrot.step(block) or b"") for _ in range(milliseconds // BLOCK_MS)]


def after_the_beep() -> Parrot:
    parrot = Parrot()
    hear(parrot, SILENCE, BEEP_MS)
    return parrot


def test_the_parrot_beeps_first_and_does_not_listen_meanwhile() -> None:
    """The beep comes out of the caller's loudspeaker and into the microphone."""
    parrot = Parrot()
    assert max(map(peak, hear(parrot, loud(), BEEP_MS))) > 1000
    assert set(hear(parrot, SILENCE, 5000)) == {SILENCE}


def test_the_parrot_plays_back_after_the_pause() -> None:
    """All that was said, from a little before, up to the end of the pause; then the next beep."""
    parrot = after_the_beep()
    hear(parrot, SILENCE, 1000)
    words = [loud(1000 + index) for index in range(50)]
    for word in words:
        assert parrot.step(word) == SILENCE
    hear(parrot, SILENCE, PAUSE_MS)
    lead, pause = LEAD_MS // BLOCK_MS, PAUSE_MS // BLOCK_MS
    said = hear(parrot, loud(9999), LEAD_MS + 500 + PAUSE_MS)
    assert said == [SILENCE] * lead + words + [SILENCE] * pause
    assert max(map(peak, hear(parrot, SILENCE, BEEP_MS))) > 1000


def test_a_short_breath_is_no_pause() -> None:
    """Recording goes on through silence between sentences."""
    parrot = after_the_beep()
    for _ in range(3):
        assert set(hear(parrot, loud(), 300) + hear(parrot, SILENCE, PAUSE_MS - BLOCK_MS)) == {SILENCE}


def test_silence_alone_is_never_played_back() -> None:
    """It waits for a voice, however long."""
    assert set(hear(after_the_beep(), SILENCE, 2 * LONGEST_MS)) == {SILENCE}


def test_somebody_who_never_pauses_is_cut_off() -> None:
    """What is kept of a call has an end."""
    parrot = after_the_beep()
    assert set(hear(parrot, loud(), LONGEST_MS)) == {SILENCE}
    assert parrot.step(loud(1)) == loud()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_recording_is_played_once_at_the_engines_rate(tmp_path: Path, rate: int) -> None:
    """As long as it is, then the call ends."""
    path = tmp_path / "said.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(array("h", [4000, -4000] * rate).tobytes())
    recording = Recording(blocks_of(path))
    said = list(islice(iter(lambda: recording.step(SILENCE), None), 1000))
    assert 198 <= len(said) <= 200
    assert {len(block) for block in said} == {2 * BLOCK}
    assert recording.step(SILENCE) is None


def test_a_recording_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Rather than played too fast."""
    path = tmp_path / "music.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(bytes(400))
    with pytest.raises(wave.Error):
        next(blocks_of(path))


def test_a_telephones_settings_can_be_loaded(tmp_path: Path) -> None:
    """They say where the exchange is, whom to trust, the password, and who is answered unasked."""
    identity = make_identity(tmp_path, ("localhost", "127.0.0.1"))
    handsets = [Handset.parse("101", bytes), Handset.parse("102:answers", lambda size: b"\1" * size)]
    write_settings(handsets, tmp_path, "localhost", "127.0.0.1", 5061, identity.authority)
    own, other = load(tmp_path / "101.toml"), load(tmp_path / "102.toml")
    assert own.lines["desk"].registrar_uri == "sip:127.0.0.1:5061;transport=tls"
    assert own.lines["desk"].auto_answer is None
    assert own.tls.ca_files == (str(identity.authority),)
    assert other.lines["desk"].password is not None
    assert other.lines["desk"].password.reveal() == "01" * 16
    assert other.lines["desk"].auto_answer is not None
    assert other.lines["desk"].auto_answer.callers == ("*@localhost",)


@pytest.mark.parametrize("text", ["", "desk", "101:sings", "１０１", "101:answers:md5"])
def test_a_telephone_that_cannot_be_is_refused(text: str) -> None:
    """With a sentence that says what is expected."""
    with pytest.raises(ValueError, match="NUMBER"):
        Handset.parse(text, bytes)


def test_a_password_does_not_show() -> None:
    """Not even where a telephone is printed."""
    assert "01" * 16 not in repr(Handset.parse("101", lambda size: b"\1" * size))
