"""RTCP on the wire: golden packets, round trips, and what is wrong with others'."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.errors import LocalProtocolError, RemoteProtocolError
from firmware.rtp.rtcp import (
    CNAME,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    SenderReport,
    SourceDescription,
    build_compound,
    parse_compound,
)

WORD = st.integers(0, 0xFFFFFFFF)
BLOCKS = st.lists(
    st.builds(
        ReportBlock, WORD, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), WORD, WORD, WORD, WORD
    ),
    max_size=31,
).map(tuple)
ITEMS = st.lists(st.tuples(st.integers(1, 8), st.binary(max_size=255)), max_size=3).map(tuple)
REPORTS = st.builds(SenderReport, WORD, st.integers(0, 2**64 - 1), WORD, WORD, WORD, BLOCKS) | st.builds(
    ReceiverReport, WORD, BLOCKS
)
OTHERS = st.builds(SourceDescription, st.lists(st.tuples(WORD, ITEMS), max_size=4).map(tuple)) | st.builds(
    Goodbye, st.lists(WORD, max_size=4).map(tuple), st.binary(max_size=255)
)


@given(REPORTS, st.lists(OTHERS, max_size=1))
def test_what_is_written_is_read_back(report: SenderReport | ReceiverReport, others: list[Goodbye]) -> None:
    compound = build_compound([report, *others])
    assert len(compound) % 4 == 0
    assert parse_compound(compound) == (report, *others)


def test_golden_compound() -> None:
    """A receiver report with one block that lost five of 256ths and minus one, and a name."""
    block = ReportBlock(0xAABBCCDD, 5, -1, 0x10002, 33, 0x11223344, 65536)
    compound = build_compound(
        [ReceiverReport(7, (block,)), SourceDescription(((7, ((CNAME, b"me"),)),)), Goodbye((7,), b"bye")]
    )
    assert compound.hex() == (
        "81c9000700000007aabbccdd05ffffff00010002000000211122334400010000"
        "81ca00030000000701026d6500000000"
        "81cb00020000000703627965"
    )
    assert len(parse_compound(compound)) == 3


def test_unknown_packets_and_extensions_are_skipped() -> None:
    """An extended report (RFC 3611), an application packet, and a report with a profile's extension."""
    report = ReceiverReport(7)
    extended, application = bytes.fromhex("80cf000100000007"), bytes.fromhex("80cc00020000000741424344")
    longer = bytes.fromhex("80c9000200000007deadbeef")
    assert parse_compound(bytes(report) + extended + application) == (report,)
    assert parse_compound(longer) == (report,)


def test_padding_of_the_last_packet_is_taken_off() -> None:
    data = bytes(ReceiverReport(7)) + bytes.fromhex("a1cb0002000000070000000400")[:12]
    assert parse_compound(data[:-4] + bytes.fromhex("00000004")) == (ReceiverReport(7), Goodbye((7,)))


@pytest.mark.parametrize(
    "data",
    [
        "",
        "80c9",
        "40c9000100000007",  # version 1
        "80c9000200000007",  # longer than the datagram
        "81c9000100000007",  # a block that is not there
        "80c80001000000070000",  # sender information that is not there
        "a0c9000100000000",  # padding of no octets
        "a0c9000100000009",  # padding longer than the packet
        "a0c900010000000480c9000100000007",  # padding before the last packet
        "80c900010000000780",  # an odd end
        "81ca000200000007010f6d65",  # an item longer than its packet
        "82cb000100000007",  # a source that is not there
    ],
)
def test_malformed_compounds_are_the_peers_fault(data: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_compound(bytes.fromhex(data))


def test_a_compound_must_begin_with_a_report() -> None:
    for packets in ([], [Goodbye((7,))]):
        with pytest.raises(LocalProtocolError):
            build_compound(packets)
