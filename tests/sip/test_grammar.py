"""The basic rules: numbers, quoted strings, lists and addresses that are none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.grammar import (
    MAX_PARAMETERS,
    check_host,
    check_parameters,
    digits,
    host_address,
    host_text,
    parameter_text,
    parse_parameters,
    quote,
    split_list,
    unquote,
)
from tests.sip.strategies import display_names, parameters


@given(st.integers(0, 2**32 - 1), st.integers(0, 8))
def test_numbers_may_have_leading_zeros(number: int, zeros: int):
    assert digits("0" * zeros + str(number), 2**32 - 1) == number


@pytest.mark.parametrize(
    "text", ["", " 1", "1 ", "+1", "-1", "1_0", "0x1", "1e3", "١", "²", "256", "0" * 21, "1" * 5000]
)
def test_what_int_would_take_and_sip_does_not(text: str):
    with pytest.raises(RemoteProtocolError):
        digits(text, 255)


@given(display_names)
def test_what_is_quoted_can_be_unquoted(text: str):
    assert unquote(quote(text)) == text


def test_quoted_pairs():
    assert unquote(r'"a\"b\\c\d"') == 'a"b\\cd'
    assert unquote("token") == "token"
    assert quote('say "\x07"\\') == '"say \\"\\\x07\\"\\\\"'


@given(parameters)
def test_parameters_are_read_as_written(own: tuple[tuple[str, str | None], ...]):
    assert parse_parameters(parameter_text(own)) == own


def test_a_semicolon_in_quotes_is_no_parameter():
    text = ';a="x;a=1;b=2";c="\\";a=3"'
    check_parameters(text)
    assert parse_parameters(text) == (("a", "x;a=1;b=2"), ("c", '";a=3'))


@pytest.mark.parametrize(
    "text", [";a;A", ";a=1 ; a=2", ';a="";a', "".join([f";p{n}" for n in range(MAX_PARAMETERS + 1)])]
)
def test_repeated_and_too_many_parameters_are_refused(text: str):
    with pytest.raises(RemoteProtocolError):
        check_parameters(text)


@given(
    st.lists(st.sampled_from(["a", '"b, \\" c"', "<sip:d,e>", '"f" <g>;h="i,j"', ""]), min_size=1, max_size=6)
)
def test_lists_are_split_at_their_own_commas_only(values: list[str]):
    assert split_list(" , ".join(values)) == values


@pytest.mark.parametrize(
    "host", ["example.com", "a_b", "1and1.com", "x.1a", "192.0.2.1", "[::]", "[::1]", "[1::]"]
)
def test_hosts(host: str):
    check_host(host)
    assert host_text(host_address(host)) == host


@given(st.ip_addresses(v=6))
def test_every_ipv6_address_is_one(address: object):
    check_host(f"[{address}]")


@pytest.mark.parametrize(
    "host",
    [
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "01.2.3.4",
        "1",
        "1.2.3.4.",
        "[]",
        "[:]",
        "[1]",
        "[::1::]",
        "[1:2]",
        "[g::]",
        "[1:2:3:4:5:6:7:8:9]",
        "[::1.2.3]",
        "[1.2.3.4::]",
        "[1:2:3:4:5:6:7:1.2.3.4]",
        "[::::1]",
    ],
)
def test_what_looks_like_an_address_and_is_none(host: str):
    with pytest.raises(RemoteProtocolError):
        check_host(host)


def test_flows_know_what_their_transport_gives():
    flows = [
        Flow(1, transport, ("192.0.2.1", 5060), ("192.0.2.2", 5060)) for transport in ("UDP", "TCP", "TLS")
    ]
    assert [flow.reliable for flow in flows] == [False, True, True]
    assert [flow.secure for flow in flows] == [False, False, True]
