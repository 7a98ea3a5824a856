"""What a phone answers before it acts: RFC 3261 sections 8.2.1 to 8.2.3 in their order."""

import pytest

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.headers import Headers
from firmware.sip.inspection import Capabilities, validate_request
from firmware.sip.message import Request
from firmware.sip.uri import AbsoluteUri
from tests.sip.messages import SDP, options
from tests.sip.torture import PHONE

INVITE_WITH_SDP = options(("Content-Type", "application/sdp"), method="INVITE")


def refusal(request: Request, capabilities: Capabilities = PHONE) -> RemoteProtocolError:
    """How `request` is refused."""
    with pytest.raises(RemoteProtocolError) as caught:
        validate_request(request, capabilities)
    return caught.value


def with_body(request: Request, body: bytes = SDP) -> Request:
    """The same request with a body."""
    return Request(request.method, request.uri, request.headers, body)


def test_what_a_phone_serves():
    for method in PHONE.methods:
        validate_request(options(method=method), PHONE)
    validate_request(with_body(INVITE_WITH_SDP), PHONE)


def test_a_known_method_is_not_allowed_and_an_unknown_one_not_implemented():
    error = refusal(options(method="REGISTER"))
    assert (error.status, error.headers) == (405, (("Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS"),))
    assert refusal(options(method="Invite")).status == 501


def test_only_what_is_not_supported_is_listed():
    request = options(("Require", "100rel, timer, path"))
    capabilities = Capabilities(PHONE.methods, extensions=("timer",))
    error = refusal(request, capabilities)
    assert (error.status, error.headers) == (420, (("Unsupported", "100rel, path"),))
    validate_request(options(("Require", "timer")), capabilities)


def test_require_does_not_apply_to_ack_and_cancel():
    for method in ("ACK", "CANCEL"):
        validate_request(options(("Require", "path"), method=method), PHONE)


def test_the_method_is_looked_at_before_the_uri_and_the_uri_before_require():
    tel = AbsoluteUri("tel", "+12")
    requires = options(("Require", "path")).headers
    assert refusal(Request("OPTIONS", tel, requires)).status == 416
    assert refusal(Request("REGISTER", tel, requires.with_("CSeq", "1 REGISTER"))).status == 405


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("Content-Type", "text/plain")], 415),
        ([], 415),
        ([("Content-Type", "APPLICATION / SDP;charset=x")], None),
        ([("Content-Type", "text/plain"), ("Content-Disposition", "render; handling = Optional")], None),
        ([("Content-Type", "text/plain"), ("Content-Disposition", "session;handling=required")], 415),
        ([("Content-Type", "application/sdp"), ("Content-Encoding", "gzip")], 415),
        ([("Content-Type", "application/sdp"), ("Content-Encoding", "identity")], None),
    ],
)
def test_bodies(fields: list[tuple[str, str]], status: int | None):
    request = with_body(options(*fields, method="INVITE"))
    if status is None:
        validate_request(request, PHONE)
    else:
        assert refusal(request).status == status


@pytest.mark.parametrize(
    ("accept", "acceptable"),
    [
        ("application/sdp", True),
        ("text/plain, application/*;q=0.5", True),
        ("*/*", True),
        ("Application/SDP;level=1", True),
        ("text/plain", False),
        ("", False),
        ("application/sdpx", False),
    ],
)
def test_an_answer_has_to_be_accepted(accept: str, acceptable: bool):
    request = with_body(options(("Accept", accept), ("Content-Type", "application/sdp"), method="INVITE"))
    if acceptable:
        validate_request(request, PHONE)
    else:
        assert refusal(request).status == 406
    validate_request(options(("Accept", accept)), PHONE)


def test_a_malformed_request_is_refused_as_malformed_whatever_else_is_wrong():
    assert refusal(Request("REGISTER", AbsoluteUri("x", "y"), Headers())).status == 400
