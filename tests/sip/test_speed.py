"""What reading costs, as a ratio to a control that runs beside it."""

import email.parser
import time
from collections.abc import Callable

import pytest

from firmware.sip.message import parse, validate
from tests.sip.messages import INVITE

pytestmark = pytest.mark.timed


def cpu(work: Callable[[], object], times: int = 300) -> float:
    """Seconds of CPU for one call."""
    start = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - start) / times


def test_reading_and_checking_an_invite_costs_less_than_reading_it_as_mail():
    """The standard library's mail parser knows header fields and nothing of what is in them."""
    header = INVITE.partition(b"\r\n")[2]
    mail = email.parser.BytesHeaderParser()
    pairs = [(cpu(lambda: validate(parse(INVITE))), cpu(lambda: mail.parsebytes(header))) for _ in range(15)]
    assert min(own for own, _ in pairs) < min(control for _, control in pairs)


def test_the_invite_is_of_the_usual_size():
    assert 1250 <= len(INVITE) <= 1450
