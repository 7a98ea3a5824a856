"""Rows that need nothing but our own parsers: what a message costs, and what the worst one can cost."""

import time
from collections.abc import Callable, Iterator, Sequence

from firmware.rtp.errors import RemoteProtocolError as RtpError
from firmware.rtp.packet import RtpPacket
from firmware.rtp.rtcp import parse_compound
from firmware.sdp.description import SessionDescription
from firmware.sdp.errors import SdpError
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.message import parse, rejection_of, validate
from tests.sip.messages import INVITE, RINGING, SDP
from tests.sip.mutations import mutants
from tools.bench.figure import Figure
from tools.bench.rows import Bench, Row
from tools.bench.statistics import percentile

Work = Callable[[bytes], object]

SENDER_REPORT = bytes.fromhex(
    "81c8000c 12345678 e1b2c3d4a5b6c7d8 00010203 00000064 00003e80"
    "87654321 05000003 00010064 00000010 b2c3a5b6 00018000"
)
SOURCE_DESCRIPTION = bytes.fromhex("81ca0004 12345678 0108") + b"a phone\x21" + bytes(2)
RTCP = SENDER_REPORT + SOURCE_DESCRIPTION
RTP = bytes.fromhex("80000001 000000a0 12345678") + bytes(range(160))


def parse_and_validate(data: bytes) -> None:
    """All that is done with a message before a transaction is looked for."""
    validate(parse(data))


def cpu_of(work: Work, data: bytes) -> float:
    """Seconds of this process's CPU."""
    start = time.process_time_ns()
    work(data)
    return (time.process_time_ns() - start) / 1e9


def parsing(bench: Bench) -> Iterator[Figure]:
    """The median over batches, so that what else runs here weighs little."""
    batch = 200

    def work(data: bytes) -> None:
        for _ in range(batch):
            parse_and_validate(data)

    seconds = [cpu_of(work, INVITE) / batch for _ in range(bench.times(25, 5))]
    yield Figure(
        "parse",
        f"parse and validate an INVITE of {len(INVITE)} bytes",
        percentile(seconds, 50) * 1e6,
        "us CPU",
        30,
        best_known="pjsip 2.3 (C), aiosip 22 (in part), pyVoIP 50",
        note=f"best batch {min(seconds) * 1e6:.1f}",
    )


def _sip(data: bytes) -> None:
    try:
        parse_and_validate(data)
    except RemoteProtocolError as error:
        rejection_of(data, error)


def _refusing(read: Work, *errors: type[Exception]) -> Work:
    def work(data: bytes) -> None:
        try:
            read(data)
        except errors:
            return

    return work


KINDS: dict[str, tuple[Work, Sequence[bytes], int]] = {
    "SIP": (_sip, (INVITE, RINGING), 20_000),
    "SDP": (_refusing(SessionDescription.parse, SdpError), (SDP,), 20_000),
    "RTP": (_refusing(RtpPacket.parse, RtpError), (RTP,), 20_000),
    "RTCP": (_refusing(parse_compound, RtpError), (RTCP,), 20_000),
}


def mutations(bench: Bench) -> Iterator[Figure]:
    """The dearest of many damaged inputs, each suspect taken again as other work disturbs the first."""
    for kind, (work, seeds, full) in KINDS.items():
        count = bench.times(full, 100)
        seconds, data = worst(work, list(mutants(seeds, count, bench.seed)))
        yield Figure(
            "mutations",
            f"worst CPU of {count} mutations, {kind}",
            seconds * 1e3,
            "ms CPU",
            5,
            best_known="aiortc SDP 1.9, pyVoIP 0.3" if kind in ("SDP", "SIP") else "aiortc 0.1",
            seed=bench.seed,
            note=f"for {len(data)} bytes",
        )


def worst(work: Work, inputs: Sequence[bytes]) -> tuple[float, bytes]:
    """The CPU in seconds of the input that costs most, and that input."""
    costs = [cpu_of(work, data) for data in inputs]
    suspects = sorted(range(len(inputs)), key=costs.__getitem__)[-5:]
    return max((min(cpu_of(work, inputs[at]) for _ in range(5)), inputs[at]) for at in suspects)


ROWS = (
    Row("parse", "the CPU of reading one INVITE", parsing, timed=False),
    Row("mutations", "the CPU that a damaged message can cost", mutations, timed=False),
)
