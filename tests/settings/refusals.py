"""What a wrong text is refused with."""

import pytest

from firmware.settings.load import Complaint, SettingsError, loads


def complaints(text: str) -> tuple[Complaint, ...]:
    """All complaints about `text`."""
    with pytest.raises(SettingsError) as refusal:
        loads(text)
    return refusal.value.complaints


def complaint(text: str) -> Complaint:
    """The only complaint about `text`."""
    (only,) = complaints(text)
    return only


LINE = '[line.office]\naddress = "sip:alice@example.com"\n'
"""The least that makes a line; two lines of text."""
