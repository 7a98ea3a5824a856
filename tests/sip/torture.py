"""What the phone says to each message of RFC 4475 and RFC 5118, as data.

The same table serves the tests of single messages and those of the whole user agent.
"""

from dataclasses import dataclass
from typing import Literal

from firmware.sip.inspection import Capabilities

PHONE = Capabilities(methods=("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"))
"""A phone that can do no more than call and be called; a registrar, above all, it is not."""


@dataclass(frozen=True)
class Torture:
    """One message and what becomes of it."""

    rfc: Literal["rfc4475", "rfc5118"]
    section: str
    name: str
    by: Literal["nobody", "parse", "validate", "inspection"]
    """Who refuses it: nobody, what reads every message, or what reads requests to this phone."""
    status: int | None = None
    """The status to answer; None where it is accepted, or is a response, which is dropped."""

    def __str__(self) -> str:
        return f"{self.rfc}-{self.section}-{self.name}"


def _table(rfc: Literal["rfc4475", "rfc5118"], text: str) -> list[Torture]:
    rows = [line.split() for line in text.strip().splitlines()]
    return [
        Torture(rfc, section, name, by, None if status == "-" else int(status))  # type: ignore[arg-type]
        for section, name, by, status in rows
    ]


RFC4475 = _table(
    "rfc4475",
    """
    3.1.1.1   wsinv       nobody      -
    3.1.1.2   intmeth     inspection  501
    3.1.1.3   esc01       nobody      -
    3.1.1.4   escnull     inspection  405
    3.1.1.5   esc02       inspection  501
    3.1.1.6   lwsdisp     nobody      -
    3.1.1.7   longreq     nobody      -
    3.1.1.8   dblreq      inspection  405
    3.1.1.9   semiuri     nobody      -
    3.1.1.10  transports  nobody      -
    3.1.1.11  mpart01     inspection  405
    3.1.1.12  unreason    nobody      -
    3.1.1.13  noreason    nobody      -
    3.1.2.1   badinv01    validate    400
    3.1.2.2   clerr       parse       400
    3.1.2.3   ncl         parse       400
    3.1.2.4   scalar02    validate    400
    3.1.2.5   scalarlg    validate    -
    3.1.2.6   quotbal     validate    400
    3.1.2.7   ltgtruri    parse       400
    3.1.2.8   lwsruri     parse       400
    3.1.2.9   lwsstart    parse       400
    3.1.2.10  trws        parse       400
    3.1.2.11  escruri     parse       400
    3.1.2.12  baddate     nobody      -
    3.1.2.13  regbadct    validate    400
    3.1.2.14  badaspec    validate    400
    3.1.2.15  baddn       validate    400
    3.1.2.16  badvers     parse       505
    3.1.2.17  mismatch01  validate    400
    3.1.2.18  mismatch02  validate    501
    3.1.2.19  bigcode     parse       -
    3.2.1     badbranch   validate    400
    3.3.1     insuf       validate    400
    3.3.2     unkscm      inspection  416
    3.3.3     novelsc     inspection  416
    3.3.4     unksm2      inspection  405
    3.3.5     bext01      inspection  420
    3.3.6     invut       inspection  415
    3.3.7     regaut01    inspection  405
    3.3.8     multi01     validate    400
    3.3.9     mcl01       parse       400
    3.3.10    bcast       validate    -
    3.3.11    zeromf      nobody      -
    3.3.12    cparam01    inspection  405
    3.3.13    cparam02    inspection  405
    3.3.14    regescrt    inspection  405
    3.3.15    sdp01       inspection  406
    3.4.1     inv2543     nobody      -
    """,
)
"""49 messages. A bad Date (3.1.2.12) is ignored, as nothing here needs it (RFC 3261 section 8.2.2)."""

RFC5118 = _table(
    "rfc5118",
    """
    4.1   ipv6-good                      inspection  405
    4.2   ipv6-bad                       parse       400
    4.3   port-ambiguous                 inspection  405
    4.4   port-unambiguous               inspection  405
    4.5   via-received-param-with-delim  nobody      -
    4.5   via-received-param-no-delim    nobody      -
    4.6   ipv6-in-sdp                    nobody      -
    4.7   mult-ip-in-header              nobody      -
    4.8   mult-ip-in-sdp                 nobody      -
    4.9   ipv4-mapped-ipv6               nobody      -
    4.10  ipv6-bug-abnf-3-colons         nobody      -
    4.10  ipv6-correct-abnf-2-colons     nobody      -
    """,
)
"""12 messages; those that are right and refused are REGISTER, which a phone does not serve."""

TORTURES = RFC4475 + RFC5118
