"""The sockets of a stream: even and odd ports, the same in each family, marked, and free again."""

import socket

import pytest

from firmware.media.sockets import EXPEDITED_FORWARDING, AllocationError, allocate

BOTH = ("127.0.0.1", "::1")
RANGE = (21000, 21999)


def entropy(number: int) -> bytes:
    return bytes(number)


def test_rtp_is_even_rtcp_the_next_and_both_families_have_the_same_ports() -> None:
    pairs = allocate(BOTH, RANGE, None, entropy)
    try:
        assert [pair.local.host for pair in pairs] == list(BOTH)
        assert len({pair.ports for pair in pairs}) == 1
        rtp_port, rtcp_port = pairs[0].ports
        assert rtp_port % 2 == 0
        assert rtcp_port == rtp_port + 1
        assert RANGE[0] <= rtp_port < RANGE[1]
    finally:
        for pair in pairs:
            pair.close()


def test_sockets_never_block_carry_the_mark_of_voice_and_keep_families_apart() -> None:
    four, six = allocate(BOTH, RANGE, None, entropy)
    try:
        for bound in (four.rtp, four.rtcp, six.rtp, six.rtcp):
            assert not bound.getblocking()
        assert four.rtp.getsockopt(socket.IPPROTO_IP, socket.IP_TOS) == EXPEDITED_FORWARDING
        assert six.rtp.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS) == EXPEDITED_FORWARDING
        assert six.rtp.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    finally:
        four.close()
        six.close()


def test_the_search_begins_where_chance_says_and_passes_over_ports_in_use() -> None:
    first = allocate(("127.0.0.1",), RANGE, None, lambda number: (100).to_bytes(number, "big"))
    second = allocate(("127.0.0.1",), RANGE, None, lambda number: (100).to_bytes(number, "big"))
    try:
        assert first[0].ports[0] >= RANGE[0] + 200
        assert second[0].ports[0] > first[0].ports[0]
    finally:
        first[0].close()
        second[0].close()


def test_exact_ports_are_had_again_after_they_were_given_back() -> None:
    pairs = allocate(("127.0.0.1",), RANGE, None, entropy)
    ports = pairs[0].ports
    with pytest.raises(AllocationError, match=f"port {ports[0]} or {ports[1]} is in use by another program"):
        allocate(("127.0.0.1",), RANGE, ports, entropy)
    pairs[0].close()
    again = allocate(("127.0.0.1",), RANGE, ports, entropy)
    assert again[0].ports == ports
    again[0].close()


def test_a_full_range_is_said_to_be_full_and_leaves_nothing_open() -> None:
    pairs = allocate(("127.0.0.1",), RANGE, None, entropy)
    port = pairs[0].ports[0]
    for _ in range(3):
        with pytest.raises(AllocationError, match=f"from {port} to {port + 1} are in use"):
            allocate(("::1", "127.0.0.1"), (port, port + 1), None, entropy)
    pairs[0].close()
    for pair in allocate(BOTH, (port, port + 1), None, entropy):
        pair.close()


def test_an_address_of_another_machine_is_left_out_but_not_when_it_is_the_only_one() -> None:
    (pair,) = allocate(("192.0.2.1", "127.0.0.1"), RANGE, None, entropy)
    assert pair.host == "127.0.0.1"
    pair.close()
    with pytest.raises(AllocationError, match=r"no address 192\.0\.2\.1"):
        allocate(("192.0.2.1",), RANGE, None, entropy)


@pytest.mark.parametrize(
    ("hosts", "port_range"),
    [(("localhost",), RANGE), (("127.0.0.1",), (0, 10)), (("127.0.0.1",), (9, 8)), (("127.0.0.1",), (9, 9)),
     ((), RANGE), (("127.0.0.1",), (65536, 70000))],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(hosts: tuple[str, ...], port_range: tuple[int, int]) -> None:
    with pytest.raises(AllocationError):
        allocate(hosts, port_range, None, entropy)
