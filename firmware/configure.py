"""From the settings that people write to what each room needs of them."""

import os
import ssl
from pathlib import Path

from firmware.net.certificate import client_context, server_context
from firmware.net.driver import Bindings
from firmware.phone.answering import AutoAnswerRule
from firmware.phone.phone import PhoneSettings
from firmware.sdp.negotiation import CodecOffer, MediaPolicy
from firmware.settings.schema import Line, Settings
from firmware.sip.digest import Ha1, Password
from firmware.sip.entropy import Entropy
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.identifiers import new_contact_user

CODECS = {
    "opus": CodecOffer("opus", 48000, 2, fmtp="useinbandfec=1"),
    "G722": CodecOffer("G722", 8000, payload_type=9),
    "PCMU": CodecOffer("PCMU", 8000, payload_type=0),
    "PCMA": CodecOffer("PCMA", 8000, payload_type=8),
}
"""As they stand in an offer (RFC 7587, RFC 3551)."""


def phone_settings(settings: Settings, entropy: Entropy) -> PhoneSettings:
    """What the telephone's core needs. `entropy` draws the user parts of the Contacts."""
    audio = settings.audio
    return PhoneSettings(
        accounts=tuple(_account(name, line, settings, entropy) for name, line in settings.ordered_lines),
        auto_answer={
            name: AutoAnswerRule(line.auto_answer.callers, line.auto_answer.delay_seconds)
            for name, line in settings.lines.items()
            if line.auto_answer is not None
        },
        country=settings.locale.country,
        media_hosts=settings.network.hosts,
        media_ports=settings.media.rtp_ports,
        volumes={
            "handset": audio.handset_volume,
            "speaker": audio.speaker_volume,
            "ringer": audio.ringer_volume,
        },
    )


def _account(name: str, line: Line, settings: Settings, entropy: Entropy) -> Account:
    registrar, proxy = line.registrar_uri, line.outbound_proxy_uri
    return Account(
        id=name,
        aor=Uri.parse(line.address),
        contact_user=new_contact_user(entropy),
        media=_media(line, settings),
        display_name=line.display_name,
        auth_user=line.auth_user or "",
        secret=_secret(line),
        realm=line.realm,
        registrar=None if registrar is None else Uri.parse(registrar),
        outbound_proxy=None if proxy is None else Uri.parse(proxy),
        expires=line.expiry_seconds,
        direct_calls=settings.network.direct_calls,
    )


def _secret(line: Line) -> Password | Ha1 | None:
    if line.ha1:
        return Ha1({algorithm: secret.reveal() for algorithm, secret in line.ha1.items()})
    return None if line.password is None else Password(line.password.reveal())


def _media(line: Line, settings: Settings) -> MediaPolicy:
    media = settings.media
    return MediaPolicy(
        codecs=tuple(CODECS[name] for name in media.codecs),
        srtp=settings.srtp_of(line),
        suites=media.suites,
        sdes_over_cleartext=media.sdes_over_cleartext,
    )


def bindings(settings: Settings) -> Bindings:
    """Where to listen: UDP only if a line needs it, TCP and TLS only on ports that were asked for."""
    network = settings.network

    def places(port: int | None) -> tuple[tuple[str, int], ...]:
        return () if port is None else tuple((host, port) for host in network.hosts)

    return Bindings(
        udp=places(network.udp_port or 0) if settings.uses_udp else (),
        tcp=places(network.tcp_port),
        tls=places(network.tls_port),
    )


def client_tls(settings: Settings) -> ssl.SSLContext:
    """For connections that we open. Raises OSError or ssl.SSLError for a file that cannot be used."""
    tls = settings.tls
    return client_context(
        trust=_paths(tls.ca_files),
        trust_system=tls.trust_system,
        certificate=_path(tls.certificate_file),
        key=_path(tls.key_file),
    )


def server_tls(settings: Settings) -> ssl.SSLContext | None:
    """For connections that others open, if there is a certificate to show."""
    certificate = _path(settings.tls.certificate_file)
    return None if certificate is None else server_context(certificate, _path(settings.tls.key_file))


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(os.path.expanduser(name))


def _paths(names: tuple[str, ...]) -> tuple[Path, ...]:
    return tuple(path for name in names if (path := _path(name)) is not None)
