"""The two phones of the bench, set up alike: ours and, as the anchor, baresip."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from tests.interop.baresip import Account, Baresip, Transport
from tests.interop.certificates import DOMAIN, Authority
from tests.interop.kamailio import Kamailio
from tests.interop.offhook import Offhook, line

DESK, BOB = "desk", "bob"
PASSWORDS = {DESK: "wonderland", BOB: "builder"}
ANYBODY = {"callers": ["*@*"]}
NAMES = {"pcmu": "G.711", "opus": "Opus"}
CODECS = {"opus": "opus", "pcmu": "PCMU"}
CodecName = Literal["opus", "pcmu"]


@contextmanager
def kamailio(folder: Path, authority: Authority | None = None) -> Iterator[Kamailio]:
    """Registrar and proxy for both."""
    identity = authority.issue() if authority else None
    with Kamailio(folder / "kamailio", PASSWORDS, identity=identity) as server:
        yield server


def desk(
    folder: Path,
    *,
    codec: CodecName = "pcmu",
    srtp: bool = False,
    audio: str = "",
    server: Kamailio | None = None,
    transport: Transport = "udp",
    authority: Authority | None = None,
    kind: type[Offhook] = Offhook,
) -> Offhook:
    """offhook, which answers every call by itself; registered where there is a server."""
    tables: dict[str, dict[str, Any]] = {
        "media": {
            "codecs": [CODECS[codec]],
            "srtp": "required" if srtp else "off",
            "sdes_over_cleartext": srtp,
        }
    }
    if authority:
        tables["tls"] = {"trust_system": False, "ca_files": [str(authority.certificate)]}
    account: dict[str, Any] = {"auto_answer": ANYBODY}
    if server is not None:
        account |= {
            "address": f"sip:{DESK}@{DOMAIN}",
            "register": True,
            "password": PASSWORDS[DESK],
            "transport": transport,
            "outbound_proxy": server.proxy(transport),
        }
    return kind(folder / "offhook", line(DESK, **account), settings=tables, audio=audio)


def bob(
    folder: Path,
    *,
    codec: CodecName = "pcmu",
    srtp: bool = False,
    looped: bool = False,
    server: Kamailio | None = None,
    transport: Transport = "udp",
    authority: Authority | None = None,
) -> Baresip:
    """baresip, which answers every call by itself; `looped` feeds its loudspeaker into its microphone."""
    encryption: Literal["", "srtp-mand"] = "srtp-mand" if srtp else ""
    account = Account(BOB, encryption=encryption, answer="auto")
    if server is not None:
        proxy = server.proxy(transport)
        account = Account(BOB, DOMAIN, PASSWORDS[BOB], proxy, transport, encryption, "auto")
    loop = {"audio_source": "aubridge,loop", "audio_player": "aubridge,loop"} if looped else {}
    certificate = authority.certificate if authority else None
    return Baresip(folder / "baresip", account, codec, authority=certificate, settings=loop)
