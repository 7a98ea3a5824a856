"""The RTP packet on the wire, and telling apart what arrives on its port."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.errors import RemoteProtocolError
from firmware.rtp.packet import MAX_PACKET, RtpPacket, classify

PACKETS = st.builds(
    RtpPacket,
    st.integers(0, 127),
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=200),
    st.booleans(),
    st.lists(st.integers(0, 0xFFFFFFFF), max_size=15).map(tuple),
    st.none()
    | st.tuples(
        st.integers(0, 0xFFFF), st.integers(0, 8).flatmap(lambda n: st.binary(min_size=4 * n, max_size=4 * n))
    ),
)


@given(PACKETS)
def test_what_is_written_is_read_back(packet: RtpPacket) -> None:
    assert RtpPacket.parse(bytes(packet)) == packet


def test_golden_packet_of_the_gcm_rfc() -> None:
    """RFC 7714 section 16: payload type 64, sequence f17b."""
    data = bytes.fromhex("8040f17b8041f8d35501a0b2") + b"Gallia est omnis divisa in partes tres"
    packet = RtpPacket.parse(data)
    assert packet == RtpPacket(64, 0xF17B, 0x8041F8D3, 0x5501A0B2, b"Gallia est omnis divisa in partes tres")
    assert bytes(packet) == data


def test_padding_is_taken_off() -> None:
    data = bytes.fromhex("a000000100000002000000037778000003")
    assert RtpPacket.parse(data).payload == b"wx"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        bytes(11),
        bytes(12),  # version 0
        bytes.fromhex("c00000010000000200000003"),  # version 3
        bytes.fromhex("8f0000010000000200000003"),  # fifteen sources that are not there
        bytes.fromhex("900000010000000200000003"),  # an extension that is not there
        bytes.fromhex("900000010000000200000003bede0001"),  # an extension longer than the packet
        bytes.fromhex("a0000001000000020000000300"),  # no padding though it says so
        bytes.fromhex("a0000001000000020000000309"),  # more padding than packet
        bytes.fromhex("800000010000000200000003") + bytes(MAX_PACKET),
    ],
)
def test_malformed_packets_are_the_peers_fault(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        RtpPacket.parse(data)


@pytest.mark.parametrize(
    ("first", "second", "traffic"),
    [
        (0, 1, "stun"),
        (3, 0, "stun"),
        (4, 0, "unknown"),
        (20, 254, "dtls"),
        (63, 254, "dtls"),
        (64, 0, "turn"),
        (79, 0, "turn"),
        (80, 0, "unknown"),
        (0x80, 0, "rtp"),
        (0x80, 191, "rtp"),
        (0x80, 200, "rtcp"),
        (0xBF, 223, "rtcp"),
        (0x80, 224, "rtp"),
        (192, 200, "unknown"),
    ],
)
def test_traffic_is_told_apart_by_its_first_octets(first: int, second: int, traffic: str) -> None:
    """RFC 7983 section 7 and RFC 5761 section 4, at the edges of each range."""
    assert classify(bytes([first, second]) + bytes(20)) == traffic


def test_an_empty_datagram_is_unknown() -> None:
    assert classify(b"") == "unknown"


@pytest.mark.timed
def test_parsing_is_cheap() -> None:
    """Well below what a packet may cost in all; generous for a busy machine."""
    data = bytes(RtpPacket(0, 1, 2, 3, bytes(160)))
    best = 1.0
    for _ in range(5):
        started = time.process_time()
        for _ in range(2000):
            RtpPacket.parse(data)
        best = min(best, (time.process_time() - started) / 2000)
    print(f"RtpPacket.parse: {best * 1e6:.2f} us")
    assert best < 10e-6
