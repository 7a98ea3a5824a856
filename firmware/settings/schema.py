"""Every setting of the telephone, in one schema; `handset.toml` is a file of it.

Names are meant to stay. A collection is a table keyed by an identifier that stays too and sorted by `order`,
so that layers of settings can be merged key by key (RFC 7396).
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from firmware.settings.kinds import (
    Address,
    Algorithm,
    CallerPattern,
    Codec,
    Country,
    DisplayName,
    FileName,
    Identifier,
    IpAddress,
    Port,
    Secret,
    Server,
    SrtpPolicy,
    Suite,
    Transport,
    Volume,
    Words,
    split_server,
)


def about(description: str, **limits: Any) -> Meta:
    """What a setting does, in a sentence, and its limits."""
    return Meta(description=description, **limits)


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of settings. Immutable; unknown keys are refused."""


class AutoAnswer(Table, frozen=True, kw_only=True):
    """Calls that are answered without a hand: nobody's, unless named here."""

    callers: Annotated[
        tuple[CallerPattern, ...], about("Whose calls: user@host with * and ? as wildcards.", min_length=1)
    ]
    delay_seconds: Annotated[float, about("How long it rings before that.", ge=0, le=60)] = 0.0


class Line(Table, frozen=True, kw_only=True):
    """An account at a provider, or just an address to be called at."""

    address: Annotated[Address, about("The address of record: what others dial.")]
    order: Annotated[int, about("Lines are shown in this order, then by identifier.")] = 0
    display_name: Annotated[DisplayName, about("The name that others see.")] = ""
    register: Annotated[bool, about("Whether to register, so that calls find this phone.")] = True
    auth_user: Annotated[Words | None, about("User name for the password, if not the address's.")] = None
    realm: Annotated[
        Words | None, about("The only realm to prove the password to, if not the first that asks.")
    ] = None
    password: Annotated[Secret | None, about("The password; or use password_file or ha1.")] = None
    password_file: Annotated[FileName | None, about("A file whose first line is the password.")] = None
    ha1: Annotated[
        dict[Algorithm, Secret],
        about("In place of the password, by algorithm: the hash of user:realm:password in hexadecimal."),
    ] = {}
    transport: Annotated[
        Transport, about("How to reach the server; only tls hides calls from the network.")
    ] = "tls"
    registrar: Annotated[Server | None, about("The registrar, if not the address's own host.")] = None
    outbound_proxy: Annotated[
        Server | None, about("A proxy that all goes through, if not the registrar.")
    ] = None
    expiry_seconds: Annotated[int, about("How long a registration is asked for.", ge=60, le=86400)] = 3600
    srtp: Annotated[SrtpPolicy | None, about("Encryption on this line, if not as in media.")] = None
    auto_answer: Annotated[AutoAnswer | None, about("Calls that are answered without a hand.")] = None

    @property
    def host(self) -> str:
        """The host, and port if any, of the address."""
        return self.address.partition("@")[2]

    @property
    def registrar_uri(self) -> str | None:
        """The registrar as a SIP URI with its transport; None for a line that does not register."""
        return self._uri(self.registrar or self.host) if self.register else None

    @property
    def outbound_proxy_uri(self) -> str | None:
        """The outbound proxy as a SIP URI with its transport."""
        return self._uri(self.outbound_proxy) if self.outbound_proxy else None

    def _uri(self, server: str) -> str:
        return f"sip:{server};transport={self.transport}"


class Network(Table, frozen=True, kw_only=True):
    """Where the telephone listens: nowhere that it need not."""

    hosts: Annotated[
        tuple[IpAddress, ...],
        about("Local addresses to use; 0.0.0.0 and :: stand for all of a family.", min_length=1),
    ] = ("0.0.0.0", "::")
    udp_port: Annotated[
        Port | None,
        about("Port for SIP over UDP, 0 for any free one; if not given, only a line on udp opens one."),
    ] = None
    tcp_port: Annotated[Port | None, about("Port to take TCP connections on, else none are taken.")] = None
    tls_port: Annotated[Port | None, about("Port to take TLS connections on, else none are taken.")] = None
    direct_calls: Annotated[
        bool, about("Whether to take calls that do not come from a line's own servers.")
    ] = False


class Media(Table, frozen=True, kw_only=True):
    """Codecs of the voice, its encryption and its ports."""

    codecs: Annotated[tuple[Codec, ...], about("Codecs, the preferred one first.", min_length=1)] = (
        "opus",
        "G722",
        "PCMU",
        "PCMA",
    )
    srtp: Annotated[
        SrtpPolicy,
        about("required: only encrypted calls; preferred: others too, and the phone says so; off: none."),
    ] = "preferred"
    suites: Annotated[tuple[Suite, ...], about("SRTP suites, the preferred one first.", min_length=1)] = (
        "AEAD_AES_256_GCM",
        "AEAD_AES_128_GCM",
        "AES_CM_128_HMAC_SHA1_80",
    )
    sdes_over_cleartext: Annotated[
        bool, about("Whether keys may travel over UDP or TCP, where others can read them.")
    ] = False
    rtp_ports: Annotated[tuple[Port, Port], about("First and last port for voice; the first is even.")] = (
        16384,
        32767,
    )


class Tls(Table, frozen=True, kw_only=True):
    """Whom to trust, and how to prove who we are. Certificates of servers are always verified."""

    trust_system: Annotated[bool, about("Whether the system's store of certificates is trusted.")] = True
    ca_files: Annotated[tuple[FileName, ...], about("Further CA certificates, in PEM.")] = ()
    certificate_file: Annotated[FileName | None, about("Our own certificate and its chain, in PEM.")] = None
    key_file: Annotated[FileName | None, about("The private key of our certificate, in PEM.")] = None


class Audio(Table, frozen=True, kw_only=True):
    """The sound card and how loud it is; a step of volume is 4 dB."""

    device: Annotated[Words | None, about("A part of the sound card's name, if not the best one.")] = None
    handset_volume: Annotated[Volume, about("In steps; 10 is the loudest.")] = 8
    speaker_volume: Annotated[Volume, about("In steps; 10 is the loudest.")] = 8
    ringer_volume: Annotated[Volume, about("In steps; 10 is the loudest.")] = 8


class Display(Table, frozen=True, kw_only=True):
    """The picture of the simulated telephone; a real one's board knows its own."""

    size: Annotated[Literal["128x64", "320x240"], about("Width and height in pixels.")] = "128x64"


class Locale(Table, frozen=True, kw_only=True):
    """What a person is used to."""

    language: Annotated[Literal["en"], about("Language of the display.")] = "en"
    country: Annotated[
        Country, about("Whose tones are heard (ISO 3166, small letters); itu: the international ones.")
    ] = "us"


class Dns(Table, frozen=True, kw_only=True):
    """Name servers to ask instead of the system's."""

    servers: Annotated[tuple[Server, ...], about("IP addresses, with a port where it is not 53.")] = ()

    @property
    def name_servers(self) -> tuple[tuple[str, int], ...]:
        """Address and port of each server."""
        return tuple(split_server(server, 53) for server in self.servers)


class Settings(Table, frozen=True, kw_only=True, rename={"lines": "line"}):
    """All settings of a telephone."""

    lines: Annotated[dict[Identifier, Line], about("Lines by identifier.")] = {}
    network: Network = Network()
    media: Media = Media()
    tls: Tls = Tls()
    audio: Audio = Audio()
    display: Display = Display()
    locale: Locale = Locale()
    dns: Dns = Dns()

    @property
    def ordered_lines(self) -> tuple[tuple[str, Line], ...]:
        """Identifiers and lines as a person sees them: by `order`, then by identifier."""
        return tuple(sorted(self.lines.items(), key=lambda item: (item[1].order, item[0])))

    @property
    def uses_udp(self) -> bool:
        """Whether a UDP port has to be opened."""
        wanted = self.network.udp_port is not None
        return wanted or any(line.transport == "udp" for line in self.lines.values())

    def srtp_of(self, line: Line) -> SrtpPolicy:
        """The encryption policy of a line."""
        return line.srtp or self.media.srtp


def json_schema() -> dict[str, Any]:
    """The schema as JSON Schema (2020-12), for editors, forms and providers."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **msgspec.json.schema(Settings, schema_hook=_schema_of_secret),
    }


def _schema_of_secret(kind: type) -> dict[str, Any]:
    if kind is Secret:
        return {"type": "string", "format": "password", "writeOnly": True, "minLength": 1}
    raise NotImplementedError(kind)
