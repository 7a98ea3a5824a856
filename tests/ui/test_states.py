"""The table of states: every state has its screen, and keys stay where the hand expects them."""

import pytest

from tests.ui.telephones import NOW, TALK, TELEPHONES, WALL, call, phone
from ui.moment import Moment
from ui.screen import COLUMNS, CONTENT_ROWS, KEY_WIDTH, Screen, grid
from ui.soft_keys import SOFT_KEYS
from ui.states import STATES, screen_of
from ui.texts import LANGUAGES, texts_of
from ui.view import HOME, View, state_of, subject

ENDING = {"end", "stop", "back", "reject"}
CONFIRMING = {"call", "answer", "resume"}
CALLS = ("calling", "ringing-out", "incoming", "in-call", "in-call-muted", "held", "waiting", "two-calls")


def screen(name: str) -> Screen:
    return screen_of(TELEPHONES[name], HOME, Moment(NOW, WALL), texts_of("en"))


def words(name: str) -> str:
    return "\n".join(grid(screen(name)))


@pytest.mark.parametrize("state", STATES)
def test_end_back_and_reject_are_in_cell_4_and_confirming_keys_in_cell_1(state: str) -> None:
    """Over the whole table, whatever the conditions of the keys."""
    for number, cell in enumerate(STATES[state].keys, start=1):
        for key in cell:
            assert key not in ENDING or number == 4, f"{key} is in cell {number}"
            assert key not in CONFIRMING or number == 1, f"{key} is in cell {number}"


def test_every_state_is_reached_by_a_telephone_of_these_tests() -> None:
    """No row of the table is left without a picture."""
    reached = {state_of(telephone) for telephone in TELEPHONES.values()} | {"info"}
    assert reached == set(STATES)


def test_every_key_of_the_table_exists_and_every_key_is_used() -> None:
    """The table names keys by text: no name is wrong, none is forgotten."""
    used = {key for layout in STATES.values() for cell in layout.keys for key in cell}
    assert used == set(SOFT_KEYS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_fit_their_cells(language: str) -> None:
    """Five letters on the small display, nine on the wide one."""
    labels = {key: text for key, text in LANGUAGES[language].items() if key.startswith("key.")}
    assert labels
    for key, label in labels.items():
        assert 1 <= len(label) <= (9 if key.endswith(".long") else KEY_WIDTH)


def test_every_language_has_every_text() -> None:
    """A missing text would be found by a person otherwise."""
    assert {frozenset(texts) for texts in LANGUAGES.values()} == {frozenset(texts_of("en"))}


@pytest.mark.parametrize("name", TELEPHONES)
def test_every_screen_fills_the_grid(name: str) -> None:
    """8 rows of 21 characters, the content six cells high."""
    shown = screen(name)
    assert sum(row.height for row in shown.rows) == CONTENT_ROWS
    assert [len(row) for row in grid(shown)] == [COLUMNS] * 8


@pytest.mark.parametrize("name", CALLS)
def test_every_call_says_in_words_whether_it_is_private(name: str) -> None:
    """Words, not a bare padlock."""
    assert "private" in words(name)


def test_a_call_that_is_not_private_says_so() -> None:
    assert "not private" in words("in-call-not-private")
    assert screen("in-call-not-private").icons == ("@", "P")


def test_icons_say_how_the_telephone_stands() -> None:
    assert screen("in-call-muted").icons == ("@", "S", "m", "H")
    assert screen("idle-missed").icons == ("@", "M")
    assert screen("trouble").icons == ("!",)


def test_a_line_without_a_registrar_is_no_trouble() -> None:
    """Direct calls only: neither registered nor in trouble."""
    line = phone().lines[0]
    direct = phone(lines=(type(line)(id="lan", address="sip:me@192.0.2.1", registration="off"),))
    shown = screen_of(direct, HOME, Moment(NOW, WALL), texts_of("en"))
    assert (shown.state, shown.icons, shown.title) == ("idle", (), "lan")


def test_trouble_says_why_and_when_it_is_tried_again() -> None:
    assert "Not registered" in words("trouble")
    assert "The server" in words("trouble")
    assert "retry in 0:27" in words("trouble")


def test_a_second_line_in_trouble_is_told_while_the_first_works() -> None:
    assert "home not registered" in words("idle-second-line")


def test_sound_card_trouble_comes_before_all_other_news() -> None:
    """Who cannot hear need not read that the microphone is open."""
    muted = phone(call(**TALK), hook="off", muted=True, sound=TELEPHONES["in-call-no-card"].sound)
    text = "\n".join(grid(screen_of(muted, HOME, Moment(NOW, WALL), texts_of("en"))))
    assert "Sound card unplugged" in text
    assert "muted" not in text


def test_voice_that_is_down_is_told() -> None:
    idle = screen_of(phone(voice="down"), HOME, Moment(NOW, WALL), texts_of("en"))
    assert any("No sound yet" in row for row in grid(idle))


def test_the_information_page_closes_when_the_telephone_is_about_something_else() -> None:
    """A page opened at rest does not hide a call that comes in."""
    page = View(subject(TELEPHONES["idle"]))
    moment = Moment(NOW, WALL)
    assert screen_of(TELEPHONES["idle"], page, moment, texts_of("en")).state == "info"
    assert screen_of(TELEPHONES["incoming"], page, moment, texts_of("en")).state == "incoming"


def test_the_information_page_of_a_call_shows_the_whole_reason() -> None:
    """What the screen had to cut can be read in full."""
    telephone = TELEPHONES["in-call-not-private"]
    page = View(subject(telephone))
    seen = ""
    for top in range(20):
        shown = screen_of(telephone, View(page.subject, top), Moment(NOW, WALL), texts_of("en"))
        seen += " ".join(" ".join(row.left for row in shown.rows).split())
    assert "Jürgen Größe-Ångström" in seen
    assert "loses 9 %" in seen
