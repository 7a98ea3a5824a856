"""A certificate authority for one test, and certificates good and bad."""

import datetime
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DOMAIN = "offhook.test"
HOSTS = (DOMAIN, "localhost", "127.0.0.1", "::1")
DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """Files in PEM: the certificate, its key, and both in one."""

    certificate: Path
    key: Path
    both: Path


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _alternative_names(hosts: Sequence[str]) -> x509.SubjectAlternativeName:
    return x509.SubjectAlternativeName([_general_name(host) for host in hosts])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, expires: datetime.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(expires - 30 * DAY)
        .not_valid_after(expires)
    )


def _write(
    folder: Path, name: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> Identity:
    certificate_pem = certificate.public_bytes(serialization.Encoding.PEM)
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files = Identity(folder / f"{name}.pem", folder / f"{name}.key", folder / f"{name}.both.pem")
    for path, content in ((files.certificate, certificate_pem), (files.key, key_pem)):
        path.write_bytes(content)
    files.both.write_bytes(certificate_pem + key_pem)
    return files


class Authority:
    """Issues certificates; `certificate` is the file to trust. A second one is the "unknown authority"."""

    def __init__(self, folder: Path, name: str = "authority"):
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._name = _name(f"offhook test {name}")
        self._key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        identifier = x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())
        certificate = (
            _builder(self._name, self._name, self._key.public_key(), _now() + 10 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self._identifier = identifier
        self.certificate = _write(folder, name, certificate, self._key).certificate

    def issue(
        self, name: str = "server", hosts: Sequence[str] = HOSTS, *, expires: datetime.datetime | None = None
    ) -> Identity:
        """A certificate for some hosts (names or addresses), for 10 days from now unless said otherwise."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(hosts[0]), self._name, key.public_key(), expires or _now() + 10 * DAY)
            .add_extension(
                x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        return _write(self._folder, name, certificate, key)

    def expired(self) -> Identity:
        """Right in everything but that it ended yesterday."""
        return self.issue("expired", expires=_now() - DAY)

    def wrong_name(self) -> Identity:
        """Right in everything but the name."""
        return self.issue("wrong-name", ["elsewhere.test"])


def self_signed(folder: Path, hosts: Sequence[str] = HOSTS) -> Identity:
    """A certificate that vouches for itself."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(hosts[0])
    certificate = (
        _builder(name, name, key.public_key(), _now() + 10 * DAY)
        .add_extension(_alternative_names(hosts), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _write(folder, "self-signed", certificate, key)


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
