"""Dialogs: RFC 3261 section 12, at both ends."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.dialog import MAX_ROUTES, Dialog, DialogId, DialogState
from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.headers import Headers
from firmware.sip.message import Request, response_to
from firmware.sip.uri import Uri
from tests.sip.transactions import PEER_VIA, make_request

ROUTES = "<sip:p1.example.com;lr>, <sip:p2.example.com;lr>"
"""Record-Route as the callee sees it: p1 is nearer to the callee."""

CONTACT = ("Contact", "Bob <sip:bob@192.0.2.4:5062;transport=tcp>")


def invite(**fields):
    request = make_request(**fields)
    return Request("INVITE", request.uri, request.headers.prepended("Via", PEER_VIA))


def answer(request, status=200, headers=(CONTACT,), to_tag="bob-1"):
    return response_to(request, status, to_tag=to_tag, headers=headers)


def uac(status=200, routes=ROUTES, contact=CONTACT):
    """Alice's dialog after Bob's `status`."""
    request = invite(CSeq="41 INVITE")
    headers = [contact] if contact else []
    if routes:
        headers.append(("Record-Route", routes))
    return Dialog.of_response(request, answer(request, status, headers))


def uas(status=200, routes=ROUTES, **fields):
    """Bob's dialog after his own `status`."""
    request = invite(CSeq="41 INVITE", **fields)
    if routes:
        request = Request("INVITE", request.uri, request.headers.appended("Record-Route", routes))
    return Dialog.of_request(request, answer(request, status))


def uris(routes):
    return [str(route.uri) for route in routes]


def test_12_1_2_the_caller_takes_the_dialog_from_the_response():
    dialog = uac()
    assert dialog.id == DialogId("call-1@example.com", "from-1", "bob-1")
    assert dialog.state is DialogState.CONFIRMED
    assert str(dialog.remote_target) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert uris(dialog.route_set) == ["sip:p2.example.com;lr", "sip:p1.example.com;lr"]
    assert (dialog.local_sequence, dialog.remote_sequence) == (41, None)
    assert (str(dialog.local.uri), str(dialog.remote.uri)) == ("sip:alice@example.com", "sip:bob@example.com")
    assert dialog.is_uac


def test_12_1_1_the_callee_takes_the_dialog_from_the_request():
    dialog = uas()
    assert dialog.id == DialogId("call-1@example.com", "bob-1", "from-1")
    assert dialog.state is DialogState.CONFIRMED
    assert str(dialog.remote_target) == "sip:alice@192.0.2.1"
    assert uris(dialog.route_set) == ["sip:p1.example.com;lr", "sip:p2.example.com;lr"]
    assert (dialog.local_sequence, dialog.remote_sequence) == (0, 41)
    assert (str(dialog.local.uri), str(dialog.remote.uri)) == ("sip:bob@example.com", "sip:alice@example.com")
    assert not dialog.is_uac


def test_12_the_two_ends_recognise_each_others_requests():
    alice, bob = uac(), uas()
    assert DialogId.of_request(alice.request("BYE")) == bob.id
    assert DialogId.of_request(bob.request("BYE")) == alice.id
    assert DialogId.of_response(answer(invite())) == alice.id


def test_12_1_1_the_callee_needs_a_contact_to_reach_the_caller():
    request = invite()
    request = Request("INVITE", request.uri, request.headers.without("Contact"))
    with pytest.raises(RemoteProtocolError, match="Contact") as refusal:
        Dialog.of_request(request, answer(request))
    assert refusal.value.status == 400


def test_12_1_1_the_callees_own_response_needs_a_tag():
    request = invite()
    with pytest.raises(LocalProtocolError):
        Dialog.of_request(request, response_to(request, 200))


@pytest.mark.parametrize("contact", ["<tel:+15551234>", "<mailto:alice@example.com>"])
def test_8_1_1_8_a_contact_that_is_no_sip_uri_is_refused(contact):
    request = invite(Contact=contact)
    with pytest.raises(RemoteProtocolError):
        Dialog.of_request(request, answer(request))


def test_12_1_2_a_response_without_contact_leaves_the_target_where_the_request_went():
    assert str(uac(contact=None).remote_target) == "sip:bob@example.com"


def test_12_1_1_a_peer_of_rfc_2543_has_no_tag():
    dialog = uas(From="<sip:alice@example.com>")
    assert dialog.id.remote_tag == ""
    assert dialog.request("BYE").to.tag is None


@pytest.mark.parametrize(
    ("scheme", "over_tls", "secure"), [("sips", True, True), ("sips", False, False), ("sip", True, False)]
)
def test_12_1_the_dialog_is_secure_only_by_sips_over_tls(scheme, over_tls, secure):
    request = invite()
    request = Request("INVITE", Uri.parse(f"{scheme}:bob@example.com"), request.headers)
    assert Dialog.of_response(request, answer(request), secure=over_tls).secure is secure
    assert Dialog.of_request(request, answer(request), secure=over_tls).secure is secure


def test_12_2_1_1_with_loose_routing_the_request_uri_is_the_target_and_route_the_whole_set():
    request = uac().request("BYE")
    assert str(request.uri) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert uris(request.routes) == ["sip:p2.example.com;lr", "sip:p1.example.com;lr"]


def test_12_2_1_1_without_routes_the_request_goes_to_the_target():
    dialog = uac(routes="")
    request = dialog.request("BYE")
    assert str(request.uri) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert request.routes == ()
    assert dialog.next_hop == dialog.remote_target


def test_12_2_1_1_before_a_strict_router_the_target_is_the_last_route():
    dialog = uac(routes="<sip:p1.example.com;lr>, <sip:strict.example.com>")
    request = dialog.request("BYE")
    assert str(request.uri) == "sip:strict.example.com"
    assert uris(request.routes) == ["sip:p1.example.com;lr", "sip:bob@192.0.2.4:5062;transport=tcp"]
    assert str(dialog.next_hop) == "sip:strict.example.com"


def test_16_12_1_2_a_strict_router_further_away_is_left_to_the_proxies():
    dialog = uac(routes="<sip:strict.example.com>, <sip:near.example.com;lr>")
    request = dialog.request("BYE")
    assert str(request.uri) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert uris(request.routes) == ["sip:near.example.com;lr", "sip:strict.example.com"]
    assert str(dialog.next_hop) == "sip:near.example.com;lr"


def test_19_1_1_what_a_request_uri_cannot_have_is_left_out():
    dialog = uac(routes="", contact=("Contact", "<sip:bob@192.0.2.4;method=INVITE;x=1?Subject=hi>"))
    assert str(dialog.request("BYE").uri) == "sip:bob@192.0.2.4;x=1"


def test_12_2_1_1_requests_carry_the_dialog_and_count_up():
    dialog = uac()
    first, second = dialog.request("INFO", [("Content-Type", "text/plain")], b"hello"), dialog.request("BYE")
    assert (first.cseq.number, second.cseq.number) == (42, 43)
    assert (first.from_.tag, first.to.tag, first.call_id) == ("from-1", "bob-1", "call-1@example.com")
    assert first.headers.get("Max-Forwards") == "70"
    assert (first.content_type, first.body) == ("text/plain", b"hello")
    assert "Via" not in first.headers


def test_12_2_1_1_the_callees_first_request_starts_a_count_of_its_own():
    assert uas().request("BYE").cseq.number == 1


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_12_2_1_1_ack_and_cancel_are_no_requests_of_the_dialogs_count(method):
    dialog = uac()
    with pytest.raises(LocalProtocolError):
        dialog.request(method)
    assert dialog.local_sequence == 41


def test_13_2_2_4_the_ack_has_the_number_and_the_credentials_of_its_invite_and_the_dialogs_route():
    dialog = uac()
    sent = invite(CSeq="41 INVITE", Proxy_Authorization='Digest username="alice"')
    dialog.request("INFO")
    ack = dialog.ack(sent)
    assert str(ack.cseq) == "41 ACK"
    assert ack.headers.get("Proxy-Authorization") == 'Digest username="alice"'
    assert str(ack.uri) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert len(ack.routes) == 2
    assert dialog.local_sequence == 42


def numbered(number, method="INFO"):
    request = make_request(method, CSeq=f"{number} {method}")
    return Request(method, request.uri, request.headers.prepended("Via", PEER_VIA))


@pytest.mark.parametrize("number", [0, 40, 41])
def test_12_2_2_a_request_out_of_order_is_refused_with_500(number):
    dialog = uas()
    with pytest.raises(RemoteProtocolError) as refusal:
        dialog.receive_request(numbered(number))
    assert refusal.value.status == 500
    assert dialog.remote_sequence == 41


def test_12_2_2_gaps_in_the_peers_count_are_no_error():
    dialog = uas()
    dialog.receive_request(numbered(99))
    assert dialog.remote_sequence == 99


def test_12_2_2_the_first_request_of_the_callee_may_have_any_number():
    dialog = uac()
    dialog.receive_request(numbered(0))
    assert dialog.remote_sequence == 0


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_12_2_2_ack_and_cancel_repeat_the_number_of_their_invite(method):
    dialog = uas()
    dialog.receive_request(numbered(41, method))
    assert dialog.remote_sequence == 41


@given(st.lists(st.integers(0, 2**31), max_size=30))
def test_12_2_2_accepted_numbers_only_grow(numbers):
    dialog = uas()
    accepted = [41]
    for number in numbers:
        try:
            dialog.receive_request(numbered(number))
        except RemoteProtocolError:
            assert number <= accepted[-1]
        else:
            accepted.append(number)
    assert accepted == sorted(set(accepted))


def test_13_2_2_4_a_2xx_confirms_the_early_dialog_with_its_own_routes_and_target():
    dialog = uac(180)
    assert dialog.state is DialogState.EARLY
    request = invite(CSeq="41 INVITE")
    headers = [("Contact", "<sip:bob@192.0.2.9>"), ("Record-Route", "<sip:p9.example.com;lr>")]
    dialog.receive_response(answer(request, 200, headers))
    assert dialog.state is DialogState.CONFIRMED
    assert str(dialog.remote_target) == "sip:bob@192.0.2.9"
    assert uris(dialog.route_set) == ["sip:p9.example.com;lr"]


def test_13_2_2_1_a_further_provisional_response_keeps_the_route_set():
    dialog = uac(180)
    dialog.receive_response(answer(invite(), 183, [("Contact", "<sip:bob@192.0.2.9>")]))
    assert dialog.state is DialogState.EARLY
    assert str(dialog.remote_target) == "sip:bob@192.0.2.9"
    assert len(dialog.route_set) == 2


def test_13_2_2_4_a_repeated_2xx_changes_nothing():
    dialog = uac()
    dialog.receive_response(answer(invite(), 200, [("Contact", "<sip:elsewhere@192.0.2.9>")]))
    assert str(dialog.remote_target) == "sip:bob@192.0.2.4:5062;transport=tcp"
    assert len(dialog.route_set) == 2


def test_13_3_1_4_the_callee_confirms_its_early_dialog():
    dialog = uas(180)
    assert dialog.state is DialogState.EARLY
    dialog.confirm()
    assert dialog.state is DialogState.CONFIRMED


def test_12_2_1_2_a_target_refresh_moves_the_target_and_not_the_route_set():
    dialog = uac()
    dialog.refresh_target(answer(invite(), 200, [("Contact", "<sip:bob@192.0.2.77>")]))
    request = dialog.request("BYE")
    assert str(request.uri) == "sip:bob@192.0.2.77"
    assert len(request.routes) == 2


def test_12_2_2_a_message_without_contact_refreshes_nothing():
    dialog = uac()
    dialog.refresh_target(answer(invite(), 200, []))
    assert str(dialog.remote_target) == "sip:bob@192.0.2.4:5062;transport=tcp"


def test_12_3_a_dialog_that_is_over_sends_nothing_and_answers_481():
    dialog = uac()
    dialog.terminate()
    dialog.confirm()
    assert dialog.state is DialogState.TERMINATED
    with pytest.raises(LocalProtocolError):
        dialog.request("BYE")
    with pytest.raises(RemoteProtocolError) as refusal:
        dialog.receive_request(numbered(50))
    assert refusal.value.status == 481


def test_the_length_of_a_route_set_has_a_limit():
    uac(routes=", ".join(["<sip:p.example.com;lr>"] * MAX_ROUTES))
    with pytest.raises(RemoteProtocolError):
        uac(routes=", ".join(["<sip:p.example.com;lr>"] * (MAX_ROUTES + 1)))


def test_a_record_route_that_is_no_sip_uri_is_refused():
    with pytest.raises(RemoteProtocolError):
        uac(routes="<tel:+15551234>")


def test_the_dialog_is_plain_values_that_survive_a_restart():
    dialog = uac()
    kept = replace(dialog)
    assert kept == dialog
    assert bytes(kept.request("BYE")) == bytes(dialog.request("BYE"))


def test_headers_of_the_user_come_after_those_of_the_dialog():
    request = uac().request("UPDATE", Headers([("Contact", "<sip:alice@192.0.2.1>")]))
    assert [name for name, _ in request.headers][-2:] == ["CSeq", "Contact"]
