"""Locating servers: RFC 3263 over DNS answers given by hand, and RFC 2782's order."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Target
from firmware.sip.target import (
    MAX_TARGETS,
    Service,
    SrvRecord,
    candidates,
    hosts,
    query_plan,
)
from firmware.sip.uri import Uri

ENTROPY = random.Random(7).randbytes

SRV = "_sip._udp.example.com"


def plan(uri):
    return query_plan(Uri.parse(uri))


def found(uri, services=None, addresses=None):
    """The targets of `uri` as (transport, host, port)."""
    targets = candidates(plan(uri), services or {}, addresses or {}, ENTROPY)
    return [(target.transport, target.host, target.port) for target in targets]


@pytest.mark.parametrize(
    ("uri", "transport", "host", "port"),
    [
        ("sip:192.0.2.1", "UDP", "192.0.2.1", 5060),
        ("sip:192.0.2.1:5080", "UDP", "192.0.2.1", 5080),
        ("sips:192.0.2.1", "TLS", "192.0.2.1", 5061),
        ("sips:192.0.2.1:5080", "TLS", "192.0.2.1", 5080),
        ("sip:192.0.2.1;transport=tcp", "TCP", "192.0.2.1", 5060),
        ("sip:192.0.2.1;transport=TLS", "TLS", "192.0.2.1", 5061),
        ("sips:192.0.2.1;transport=tcp", "TLS", "192.0.2.1", 5061),
        ("sip:[2001:db8::1]", "UDP", "2001:db8::1", 5060),
        ("sip:[2001:db8::1]:5070;transport=tcp", "TCP", "2001:db8::1", 5070),
        ("sip:example.com;maddr=192.0.2.9", "UDP", "192.0.2.9", 5060),
        ("sip:example.com;maddr=[2001:db8::9]", "UDP", "2001:db8::9", 5060),
    ],
)
def test_4_1_and_4_2_an_address_needs_no_look_up(uri, transport, host, port):
    assert plan(uri).services == ()
    assert hosts(plan(uri), {}) == ()
    assert found(uri) == [(transport, host, port)]


@pytest.mark.parametrize(
    ("uri", "transport", "port"),
    [
        ("sip:example.com:5080", "UDP", 5080),
        ("sips:example.com:5080", "TLS", 5080),
        ("sip:example.com:5080;transport=tcp", "TCP", 5080),
    ],
)
def test_4_1_and_4_2_a_port_leaves_only_the_address_to_look_up(uri, transport, port):
    assert plan(uri).services == ()
    assert hosts(plan(uri), {}) == ("example.com",)
    assert found(uri, addresses={"example.com": ["192.0.2.1"]}) == [(transport, "192.0.2.1", port)]


@pytest.mark.parametrize(
    ("uri", "services"),
    [
        ("sip:example.com;transport=udp", [("_sip._udp.example.com", "UDP")]),
        ("sip:example.com;transport=tcp", [("_sip._tcp.example.com", "TCP")]),
        ("sip:example.com;transport=tls", [("_sips._tcp.example.com", "TLS")]),
        ("sips:example.com", [("_sips._tcp.example.com", "TLS")]),
        ("sips:example.com;transport=tcp", [("_sips._tcp.example.com", "TLS")]),
        (
            "sip:example.com",
            [
                ("_sips._tcp.example.com", "TLS"),
                ("_sip._tcp.example.com", "TCP"),
                ("_sip._udp.example.com", "UDP"),
            ],
        ),
    ],
)
def test_4_1_a_domain_is_asked_for_the_services_that_its_uri_leaves_open(uri, services):
    assert plan(uri).services == tuple(Service(*service) for service in services)


@pytest.mark.parametrize(
    ("uri", "transport", "port"),
    [
        ("sip:example.com", "UDP", 5060),
        ("sips:example.com", "TLS", 5061),
        ("sip:example.com;transport=tcp", "TCP", 5060),
        ("sip:example.com;transport=tls", "TLS", 5061),
    ],
)
def test_4_2_without_srv_records_the_domain_itself_is_tried_at_the_default_port(uri, transport, port):
    addresses = {"example.com": ["2001:db8::1", "192.0.2.1"]}
    assert found(uri, {}, addresses) == [(transport, "2001:db8::1", port), (transport, "192.0.2.1", port)]


@pytest.mark.parametrize(
    "uri", ["sips:example.com;transport=udp", "sip:example.com;transport=sctp", "sip:h;transport=ws"]
)
def test_4_1_a_transport_that_the_phone_does_not_have_is_refused(uri):
    with pytest.raises(RemoteProtocolError) as refusal:
        plan(uri)
    assert refusal.value.status == 400


def test_4_1_of_several_transports_the_safest_comes_first():
    services = {
        "_sip._udp.example.com": [SrvRecord(0, 0, 5060, "u.example.com")],
        "_sip._tcp.example.com": [SrvRecord(0, 0, 5060, "t.example.com")],
        "_sips._tcp.example.com": [SrvRecord(0, 0, 5061, "s.example.com.")],
    }
    addresses = {
        "u.example.com": ["192.0.2.1"],
        "t.example.com": ["192.0.2.2"],
        "s.example.com": ["192.0.2.3"],
    }
    assert hosts(plan("sip:example.com"), services) == ("s.example.com", "t.example.com", "u.example.com")
    assert found("sip:example.com", services, addresses) == [
        ("TLS", "192.0.2.3", 5061),
        ("TCP", "192.0.2.2", 5060),
        ("UDP", "192.0.2.1", 5060),
    ]


def test_4_3_every_address_of_a_server_is_tried_before_the_next_server():
    services = {SRV: [SrvRecord(20, 0, 5070, "b.example.com"), SrvRecord(10, 0, 5060, "a.example.com")]}
    addresses = {"a.example.com": ["192.0.2.1", "2001:db8::1"], "b.example.com": ["192.0.2.2"]}
    assert found("sip:example.com;transport=udp", services, addresses) == [
        ("UDP", "192.0.2.1", 5060),
        ("UDP", "2001:db8::1", 5060),
        ("UDP", "192.0.2.2", 5070),
    ]


def test_4_3_a_server_without_address_is_passed_over():
    services = {SRV: [SrvRecord(0, 0, 5060, "gone.example.com"), SrvRecord(1, 0, 5060, "b.example.com")]}
    addresses = {"gone.example.com": [], "b.example.com": ["192.0.2.2"]}
    assert found("sip:example.com;transport=udp", services, addresses) == [("UDP", "192.0.2.2", 5060)]


def test_4_3_nothing_found_is_an_empty_list():
    assert found("sip:nowhere.example.com") == []


def test_2782_a_target_of_the_root_says_that_there_is_no_such_service():
    services = {SRV: [SrvRecord(0, 0, 0, ".")]}
    assert hosts(plan("sip:example.com;transport=udp"), services) == ()
    assert found("sip:example.com;transport=udp", services, {"example.com": ["192.0.2.1"]}) == []


@pytest.mark.parametrize(
    "uri",
    [
        "sips:example.com",
        "sip:example.com;transport=tls",
        "sip:example.com;maddr=edge.example.net;transport=tls",
    ],
)
def test_rfc_5922_the_certificate_must_name_the_domain_of_the_uri_whatever_srv_says(uri):
    services = {
        "_sips._tcp.example.com": [SrvRecord(0, 0, 5061, "edge.example.net")],
        "_sips._tcp.edge.example.net": [SrvRecord(0, 0, 5061, "edge.example.net")],
    }
    targets = candidates(plan(uri), services, {"edge.example.net": ["192.0.2.1"]}, ENTROPY)
    assert targets == (Target("TLS", "192.0.2.1", 5061, "example.com"),)


def order(records, entropy):
    services = {SRV: records}
    addresses = {record.target: [f"192.0.2.{number}"] for number, record in enumerate(records)}
    targets = candidates(plan("sip:example.com;transport=udp"), services, addresses, entropy)
    return [records[int(target.host.rpartition(".")[2])] for target in targets]


def test_2782_equal_priorities_are_drawn_in_proportion_to_their_weights():
    heavy, light = SrvRecord(1, 75, 5060, "heavy"), SrvRecord(1, 25, 5060, "light")
    entropy = random.Random(11).randbytes
    first = Counter(order([light, heavy], entropy)[0].target for _ in range(4000))
    assert 0.72 < first["heavy"] / 4000 < 0.78


def test_2782_a_weight_of_zero_is_drawn_seldom_but_not_never():
    zero, heavy = SrvRecord(1, 0, 5060, "zero"), SrvRecord(1, 9, 5060, "heavy")
    entropy = random.Random(12).randbytes
    first = Counter(order([heavy, zero], entropy)[0].target for _ in range(4000))
    assert 0.07 < first["zero"] / 4000 < 0.13


RECORDS = st.lists(
    st.builds(
        SrvRecord,
        st.integers(0, 3),
        st.integers(0, 65535),
        st.integers(1, 65535),
        st.sampled_from([f"h{number}.example.com" for number in range(12)]),
    ),
    max_size=12,
    unique_by=lambda record: record.target,
)


@given(records=RECORDS, seed=st.integers(0, 2**32))
def test_2782_the_order_is_a_permutation_by_priority(records, seed):
    ordered = order(records, random.Random(seed).randbytes)
    assert sorted(ordered, key=str) == sorted(records, key=str)
    assert [record.priority for record in ordered] == sorted(record.priority for record in records)


def test_one_place_that_dns_names_twice_is_tried_once():
    services = {SRV: [SrvRecord(0, 0, 5060, "a.example.com"), SrvRecord(1, 0, 5060, "b.example.com")]}
    addresses = {"a.example.com": ["192.0.2.1"], "b.example.com": ["192.0.2.1"]}
    assert found("sip:example.com;transport=udp", services, addresses) == [("UDP", "192.0.2.1", 5060)]


def test_the_number_of_targets_has_a_limit():
    services = {SRV: [SrvRecord(number, 0, 5060, f"h{number}.example.com") for number in range(200)]}
    addresses = {f"h{number}.example.com": [f"192.0.2.{number}"] for number in range(200)}
    assert len(hosts(plan("sip:example.com;transport=udp"), services)) == MAX_TARGETS
    assert len(found("sip:example.com;transport=udp", services, addresses)) == MAX_TARGETS
