"""The page in a real browser, against a telephone of the test's making."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

from firmware.control.messages import Hook, Key
from firmware.control.state import Note, Snapshot, Sound
from tests.ui.web.browser import chromium
from tests.ui.web.desk import IDLE, Desk, call, picture
from tests.ui.web.server import PageServer

pytestmark = pytest.mark.interop

KEYS = (
    *("soft1", "soft2", "soft3", "soft4"),
    *("1", "2", "3", "4", "5", "6", "7", "8", "9", "star", "0", "hash"),
    *("up", "down", "back", "ok", "hold", "redial", "mute", "speaker", "volume_down", "volume_up"),
)
LIT = """
const canvas = document.getElementById("display");
const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
const times = canvas.width / arguments[0];
const lit = [];
for (let y = 0; y < arguments[1]; y++)
  for (let x = 0; x < arguments[0]; x++)
    if (data[4 * (Math.floor((y + 0.4) * times) * canvas.width + Math.floor((x + 0.4) * times)) + 3] > 200)
      lit.push([x, y]);
return lit;
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with Desk(tmp_path_factory.mktemp("desk") / "control") as desk:
        desk.show(picture())
        yield desk


@pytest.fixture(scope="module")
def opened(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    folder = tmp_path_factory.mktemp("page")
    with PageServer(folder, desk.path) as server, chromium(folder / "profile") as browser:
        browser.get(server.address)
        yield browser


@pytest.fixture
def page(opened: WebDriver, desk: Desk) -> WebDriver:
    """The open page with the telephone at rest and no key pressed yet."""
    desk.tell(IDLE)
    says(opened, "call", "Idle")
    desk.commands.clear()
    return opened


def element(page: WebDriver, selector: str) -> WebElement:
    return page.find_element(By.CSS_SELECTOR, selector)


def wait(page: WebDriver, condition: Callable[[], object], what: str) -> None:
    WebDriverWait(page, 5, poll_frequency=0.02).until(lambda _: condition(), what)


def says(page: WebDriver, identifier: str, words: str) -> None:
    """Wait until that part of the page says so."""
    found = element(page, f"#{identifier}")
    wait(page, lambda: found.text == words, f"“{words}”, but “{found.text}” is there")


def changed(**fields: object) -> Snapshot:
    return msgspec.structs.replace(IDLE, **fields)


def test_opening_with_the_code_leaves_no_code_in_the_address(page: WebDriver) -> None:
    assert page.current_url.endswith("/")
    assert "code" not in page.current_url


def test_the_page_breaks_none_of_its_own_rules(page: WebDriver) -> None:
    """No refused style or script, no error: the browser's console is empty."""
    assert page.get_log("browser") == []  # type: ignore[no-untyped-call]


def test_every_key_of_the_simulated_board_is_there_has_a_name_and_is_pressed_by_a_click(
    page: WebDriver, desk: Desk
) -> None:
    for name in KEYS:
        key = element(page, f"[data-key='{name}']")
        assert key.accessible_name.strip()
        key.click()
    desk.wait_for(lambda commands: len(commands) == len(KEYS))
    assert desk.commands == [Key(name=name) for name in KEYS]


def test_the_page_has_the_keys_that_the_simulated_board_has() -> None:
    import tomllib

    board = Path(__file__).parents[3] / "board" / "boards" / "sim.toml"
    rows = tomllib.loads(board.read_text())["keypad"]["keymap"]
    assert {name for row in rows for name in row} == set(KEYS)


def test_the_keyboard_presses_keys(page: WebDriver, desk: Desk) -> None:
    body = element(page, "body")
    typed = ["5", "*", "#", Keys.ENTER, Keys.ESCAPE, Keys.F2, Keys.F3, Keys.ARROW_UP, Keys.ARROW_DOWN]
    typed += [Keys.ARROW_RIGHT, Keys.BACKSPACE, "m", "s", "o", "r", "+", "-"]
    body.send_keys(*typed)
    names = ["5", "star", "hash", "soft1", "soft4", "soft2", "soft3", "up", "down"]
    names += ["ok", "back", "mute", "speaker", "hold", "redial", "volume_up", "volume_down"]
    desk.wait_for(lambda commands: len(commands) == len(names))
    assert desk.commands == [Key(name=name) for name in names]


def test_after_a_click_enter_confirms_and_does_not_press_the_same_key_again(
    page: WebDriver, desk: Desk
) -> None:
    element(page, "[data-key='7']").click()
    element(page, "body").send_keys(Keys.ENTER)
    desk.wait_for(lambda commands: len(commands) == 2)
    assert desk.commands == [Key(name="7"), Key(name="soft1")]


def test_a_key_reached_with_tab_is_pressed_by_enter_and_by_space(page: WebDriver, desk: Desk) -> None:
    key = element(page, "[data-key=hold]")
    page.execute_script("arguments[0].focus()", key)
    key.send_keys(Keys.ENTER)
    key.send_keys(Keys.SPACE)
    desk.wait_for(lambda commands: len(commands) == 2)
    assert desk.commands == [Key(name="hold")] * 2
    page.execute_script("document.activeElement.blur()")


def test_shortcuts_of_the_browser_stay_the_browser_s(page: WebDriver, desk: Desk) -> None:
    element(page, "body").send_keys(Keys.CONTROL, "0", Keys.NULL, "1")
    desk.wait_for(lambda commands: bool(commands))
    assert desk.commands == [Key(name="1")]


def test_the_handset_is_lifted_and_put_down_by_click_and_by_key(page: WebDriver, desk: Desk) -> None:
    handset = element(page, "#hook")
    handset.click()
    desk.wait_for(lambda commands: commands == [Hook(off=True)])
    desk.tell(changed(hook="off"))
    wait(page, lambda: handset.get_attribute("aria-pressed") == "true", "the handset to be lifted")
    assert "put it down" in handset.accessible_name
    element(page, "body").send_keys("h")
    desk.wait_for(lambda commands: commands == [Hook(off=True), Hook(off=False)])
    desk.tell(IDLE)
    wait(page, lambda: handset.get_attribute("aria-pressed") == "false", "the handset to lie")


def test_the_handset_follows_the_telephone_not_the_click(page: WebDriver, desk: Desk) -> None:
    """What is shown is what is so: a click that the telephone does not follow moves nothing."""
    handset = element(page, "#hook")
    handset.click()
    desk.wait_for(lambda commands: bool(commands))
    desk.tell(changed(number=1), "nothing moved")
    assert handset.get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("name", ["line", "message", "mute", "speaker"])
def test_lamps_follow_blink_and_say_so(page: WebDriver, desk: Desk, name: str) -> None:
    lamp = element(page, f"[data-lamp={name}]")
    seen = {}
    for pattern in ("on", "slow", "fast", "off"):
        desk.tell(changed(lamps={**dict.fromkeys(IDLE.lamps, "off"), name: pattern}))
        wait(page, lambda now=pattern: lamp.get_attribute("data-pattern") == now, pattern)  # type: ignore[misc]
        assert lamp.accessible_name.startswith(f"{name.capitalize()} lamp")
        seen[pattern] = lamp.value_of_css_property("animation-duration")
    assert seen == {"on": "0s", "slow": "1s", "fast": "0.25s", "off": "0s"}


def test_the_display_shows_the_picture_dot_by_dot(page: WebDriver, desk: Desk) -> None:
    shown = picture("Hello 123")
    row = shown.width // 8
    expected = [
        [x, y]
        for y in range(shown.height)
        for x in range(shown.width)
        if shown.pixels[y * row + x // 8] & (0x80 >> (x % 8))
    ]
    assert expected
    desk.show(shown)
    wait(page, lambda: page.execute_script(LIT, 128, 64) == expected, "the picture")


def test_dots_are_whole_pixels_and_the_soft_keys_stand_below_their_labels(page: WebDriver) -> None:
    canvas = element(page, "#display")
    assert int(canvas.get_attribute("width") or 0) % 128 == 0
    quarter = canvas.rect["width"] / 4
    for index in range(4):
        key = element(page, f"[data-key='soft{index + 1}']").rect
        centre = canvas.rect["x"] + (index + 0.5) * quarter
        assert abs(key["x"] + key["width"] / 2 - centre) < 2
        assert key["y"] > canvas.rect["y"] + canvas.rect["height"]


def test_a_colour_picture_is_shown_in_its_colours(page: WebDriver, desk: Desk) -> None:
    desk.show(picture("colour", (320, 240), "RGB"))
    pixel = """
    const canvas = document.getElementById("display");
    if (canvas.width % 320) return [];
    return [...canvas.getContext("2d").getImageData(10, canvas.height - 3, 1, 1).data];
    """
    wait(page, lambda: page.execute_script(pixel) == [20, 90, 160, 255], "the colour")
    desk.show(picture())
    wait(page, lambda: page.execute_script(LIT, 128, 64), "the other picture")


def test_a_call_is_told_in_words(page: WebDriver, desk: Desk) -> None:
    desk.tell(changed(calls=(call(connected_at=time.monotonic() - 67),), selected="1", hook="off"))
    says(page, "call", "In call with Alice Example, +44 20 7946 0123")
    says(page, "privacy", "Private on the way; your provider could listen.")
    says(page, "quality", "Sound is good · 4.2 of 5 · G.722")
    says(page, "volume", "Handset 5 of 10")
    headline = element(page, "#call")
    wait(page, lambda: headline.get_attribute("data-time") in ("1:07", "1:08", "1:09"), "the time")
    assert page.title == "Alice Example · offhook"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"collecting": True, "hook": "off"}, "Ready to dial"),
        ({"entry": "0207", "collecting": True}, "Dialling 0207"),
        ({"calls": (call(phase="calling"),)}, "Calling Alice Example, +44 20 7946 0123"),
        ({"calls": (call(phase="ringing", name=""),)}, "Ringing at +44 20 7946 0123"),
        (
            {"calls": (call(phase="incoming", direction="in"),)},
            "Alice Example, +44 20 7946 0123 is calling",
        ),
        ({"calls": (call(phase="held"),)}, "Alice Example, +44 20 7946 0123 is on hold"),
        (
            {"calls": (call(held_by_peer=True),), "muted": True},
            "In call with Alice Example, +44 20 7946 0123, on hold by the other side, muted",
        ),
        (
            {"calls": (call(phase="failed", name="202", number="202", words="the number is busy"),)},
            "Call to 202 failed: the number is busy",
        ),
    ],
)
def test_each_phase_has_its_words(page: WebDriver, desk: Desk, fields: dict[str, object], words: str) -> None:
    desk.tell(changed(**fields))
    says(page, "call", words)


def test_trouble_is_told_in_words(page: WebDriver, desk: Desk) -> None:
    line = msgspec.structs.replace(IDLE.lines[0], registration="failed", words="wrong password", name="Home")
    note = Note(at=1.0, words="A call from 202 was missed.")
    desk.tell(
        changed(lines=(line,), sound=Sound(state="reopening", words="The sound card is gone."), notes=(note,))
    )
    says(page, "line", "Home: failed, wrong password")
    says(page, "sound", "The sound card is gone.")
    says(page, "note", "A call from 202 was missed.")


def test_words_from_afar_are_only_words(page: WebDriver, desk: Desk) -> None:
    """A caller's name cannot become markup, script or format."""
    name = '<img src=x onerror="document.title=1">%s{0}'
    desk.tell(changed(calls=(call(phase="incoming", name=name, number="202"),)))
    says(page, "call", f"{name}, 202 is calling")
    assert page.find_elements(By.CSS_SELECTOR, "img") == []


def test_a_refusal_is_shown(page: WebDriver, desk: Desk) -> None:
    desk.refuse = "Nothing to redial yet."
    element(page, "[data-key=redial]").click()
    says(page, "trouble", "Nothing to redial yet.")
    desk.refuse = ""


@pytest.mark.parametrize("width", [320, 390, 768, 861, 1400])
def test_nothing_sticks_out_at_any_width(page: WebDriver, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 2, "mobile": width < 600}
    page.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    small = """return [...document.querySelectorAll("button")].map((b) => b.getBoundingClientRect())
      .filter((r) => r.width < 40 || r.height < 40 || r.left < 0 || r.right > innerWidth).length"""
    try:
        overflow = "return document.documentElement.scrollWidth > innerWidth"
        wait(page, lambda: not page.execute_script(overflow), "no sideways scrolling")
        assert page.execute_script(small) == 0
    finally:
        page.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_page_says_when_the_telephone_is_gone_and_goes_on_by_itself(tmp_path: Path) -> None:
    control = tmp_path / "control"
    with PageServer(tmp_path / "page", control) as server, chromium(tmp_path / "profile") as browser:
        with Desk(control):
            browser.get(server.address)
            says(browser, "call", "Idle")
        says(browser, "call", "The telephone does not answer.")
        assert "As soon as it runs again" in element(browser, "#trouble").text
        with Desk(control) as desk:
            says(browser, "call", "Idle")
            assert not element(browser, "#trouble").is_displayed()
            element(browser, "body").send_keys("4")
            desk.wait_for(lambda commands: commands == [Key(name="4")])


def test_a_browser_without_the_code_is_told_how_to_open_the_page(tmp_path: Path) -> None:
    control, profile = tmp_path / "control", tmp_path / "profile"
    with PageServer(tmp_path / "page", control) as server, chromium(profile) as browser:
        browser.get(server.origin)
        assert element(browser, "h1").text == "This telephone is not open here"
        assert browser.find_elements(By.CSS_SELECTOR, "button") == []
