"""A password is never shown: not by `repr`, not in a complaint, whatever is wrong around it."""

import pytest

from firmware.settings.kinds import Secret
from firmware.settings.load import SettingsError, loads
from tests.settings.refusals import LINE

HUSH = "hunter2hunter2"


def test_no_representation_shows_a_secret():
    settings = loads(
        LINE + f'password = "{HUSH}"\n[line.b]\naddress = "sip:b@b.example"\nha1.MD5 = "{"ab" * 16}"\n'
    )
    shown = f"{settings!r} {settings} {settings.lines['office'].password}"
    assert HUSH not in shown
    assert "abab" not in shown
    assert "Secret(…)" in shown


def test_secrets_are_compared_by_what_they_hide():
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


@pytest.mark.parametrize(
    "text",
    [
        f'{LINE}pasword = "{HUSH}"',
        f'{LINE}password = ["{HUSH}"]',
        f'{LINE}password = {{ text = "{HUSH}" }}',
        f'{LINE}password = "{HUSH}"\npassword_file = "x"',
        f'{LINE}password = "{HUSH}"\nha1.MD5 = "{HUSH}"',
        f'{LINE}ha1.MD5 = "{HUSH}"',
        f'{LINE}ha1.SHA-1 = "{HUSH}"',
        f'{LINE}ha1 = "{HUSH}"',
        f'[line]\npassword = "{HUSH}"',
        f'[[line]]\npassword = "{HUSH}"',
        f'[line.a]\naddress = "sip:alice:{HUSH}@example.com"',
        f'[line.a]\naddress = "sip:alice:{HUSH}:{HUSH}@example.com"',
        f'[line.a]\naddress = "alice:{HUSH}@example.com"',
        f'{LINE}registrar = "alice:{HUSH}@example.com"',
        f'{LINE}password = "{HUSH}" x',
        f'{LINE}password = "{HUSH}',
        f'{LINE}password = "{HUSH}"\npassword = "{HUSH}"',
        f'password = "{HUSH}"',
    ],
)
def test_no_complaint_shows_a_secret(text):
    with pytest.raises(SettingsError) as refusal:
        loads(text)
    assert HUSH not in str(refusal.value)
    assert HUSH not in repr(refusal.value.complaints)


def test_an_empty_password_is_refused():
    with pytest.raises(SettingsError, match=r"should be a text that is not empty, not an empty text\.$"):
        loads(LINE + 'password = ""')
