"""A person's first call by the page: the real telephone, the real exchange, a real browser."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from selenium.webdriver.chrome.webdriver import WebDriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.interop.offhook import Offhook
from tests.tools.programs import LocalExchange
from tests.ui.web.browser import chromium
from tests.ui.web.server import PageServer

pytestmark = pytest.mark.interop

ECHO = "600"
SECONDS = 10.0


def phone_process(phone: Offhook) -> int:
    """The process that its supervisor keeps for signalling."""
    children = Path(f"/proc/{phone.pid}/task/{phone.pid}/children").read_text().split()
    return next(
        int(pid) for pid in children if b"firmware.handset" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


@dataclass
class Person:
    """Somebody at the page."""

    browser: WebDriver
    phone: Offhook

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.find_element(By.CSS_SELECTOR, f"[data-key='{key}']").click()

    def move_handset(self) -> None:
        self.browser.find_element(By.ID, "hook").click()

    def reads(self, words: str, identifier: str = "call") -> None:
        """Wait until the page says so."""
        found = self.browser.find_element(By.ID, identifier)
        wait = WebDriverWait(self.browser, SECONDS, poll_frequency=0.02)
        wait.until(lambda _: words in found.text, f"“{words}” in “{found.text}”")

    def lamp(self, name: str) -> str | None:
        return self.browser.find_element(By.CSS_SELECTOR, f"[data-lamp={name}]").get_attribute("data-pattern")

    def sees_display(self) -> bytes:
        """The display's pixels, once anything is lit."""
        script = """const canvas = document.getElementById("display");
        const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
        return data.some((value) => value) ? canvas.toDataURL() : "";"""
        wait = WebDriverWait(self.browser, SECONDS, poll_frequency=0.02)
        return str(wait.until(lambda browser: browser.execute_script(script))).encode()


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    with ExitStack() as stack:
        exchange = stack.enter_context(LocalExchange(tmp_path / "exchange", "--handset=101"))
        phone = stack.enter_context(exchange.phone(tmp_path / "phone", "101"))
        phone.wait_registered()
        page = stack.enter_context(PageServer(tmp_path / "page", phone.control))
        browser = stack.enter_context(chromium(tmp_path / "profile"))
        browser.get(page.address)
        yield Person(browser, phone)


def test_lift_dial_the_echo_see_in_call_and_hang_up(person: Person) -> None:
    person.reads("101@localhost: registered", "line")
    idle = person.sees_display()
    person.move_handset()
    person.reads("Ready to dial")
    person.press(*ECHO)
    person.reads(f"Dialling {ECHO}")
    person.press("soft1")
    person.reads(f"In call with {ECHO}")
    person.reads("Private", "privacy")
    assert person.lamp("line") == "on"
    assert person.sees_display() != idle
    person.press("mute")
    person.reads("muted")
    assert person.lamp("mute") == "on"
    assert person.phone.call()["phase"] == "active"
    person.move_handset()
    person.reads("Idle")
    person.phone.wait_for(lambda now: not now["calls"] and now["hook"] == "on", "have hung up")
    assert person.lamp("line") == "off"


def test_the_page_goes_on_when_the_phone_process_dies_and_is_started_again(person: Person) -> None:
    person.reads("Idle")
    os.kill(phone_process(person.phone), signal.SIGKILL)
    person.reads("The telephone does not answer.")
    person.reads("Idle")
    person.move_handset()
    person.reads("Ready to dial")
