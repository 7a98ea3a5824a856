"""TLS contexts, the RFC 5922 name rule, and the reasons of failed handshakes in words."""

import ssl
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import Any

_VERIFY_WORDS = {
    9: "its certificate is not valid yet (is this phone's clock right?)",
    10: "its certificate has expired",
    18: "its certificate is signed by itself and not trusted",
    19: "its certificate comes from an authority that this phone does not trust",
    20: "its certificate comes from an authority that this phone does not trust",
    21: "its certificate comes from an authority that this phone does not trust",
    23: "its certificate has been revoked",
    24: "its certificate comes from an authority that this phone does not trust",
    26: "its certificate is not meant for a server",
    66: "its certificate has a key that is too weak",
    68: "its certificate is signed with a hash that is too weak",
}
"""OpenSSL's X509_V_ERR numbers that people meet."""


def client_context(
    *,
    trust: tuple[Path, ...] = (),
    trust_system: bool = False,
    certificate: Path | None = None,
    key: Path | None = None,
) -> ssl.SSLContext:
    """The context for connections that we open: always verified, TLS 1.2 at least.

    `trust` are files with authorities, beside the system store if that is trusted too. The name is checked
    after the handshake by `names_domain`: RFC 5922 forbids the wildcards that OpenSSL would let pass.
    Raises OSError or ssl.SSLError when a file cannot be used.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    for file in trust:
        context.load_verify_locations(file)
    if trust_system:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    if certificate is not None:
        context.load_cert_chain(certificate, key)
    return context


def server_context(
    certificate: Path, key: Path | None = None, *, trust: tuple[Path, ...] = ()
) -> ssl.SSLContext:
    """The context for connections that we accept; with `trust`, clients must bring a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    for file in trust:
        context.load_verify_locations(file)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def names_domain(certificate: Mapping[str, Any], domain: str) -> bool:
    """Whether a verified certificate is for the SIP domain (RFC 5922 section 7.1 and 7.2).

    A `sip:` URI in subjectAltName without a user part decides where there is one, else a DNS name; both
    match exactly, never by wildcard. An IP literal as domain needs an IP address in subjectAltName.
    """
    names: tuple[tuple[str, str], ...] = certificate.get("subjectAltName", ())
    wanted = domain.strip("[]").rstrip(".").lower()
    uris = [value[4:].lower() for kind, value in names if kind == "URI" and value.lower().startswith("sip:")]
    domains = [uri for uri in uris if "@" not in uri]
    if domains:
        return wanted in domains
    literal = _address(wanted)
    return any(
        value.rstrip(".").lower() == wanted if kind == "DNS" else _address(value) == literal is not None
        for kind, value in names
        if kind in ("DNS", "IP Address")
    )


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def words_for(error: BaseException) -> str:
    """A failed connection or handshake in words, without a full stop."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _VERIFY_WORDS.get(
            error.verify_code, f"its certificate is not accepted: {error.verify_message}"
        )
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({(error.reason or 'unknown reason').replace('_', ' ').lower()})"
    if isinstance(error, ConnectionRefusedError):
        return "it refuses the connection"
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "it broke the connection off"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror[0].lower() + error.strerror[1:]
    return "the connection failed"
