"""The torture messages of RFC 4475 and RFC 5118, bit for bit out of the archives in the RFCs' appendices.

The licence of RFC texts does not let them live in this repository, so `python -m tests.sip.corpus` (which
`tests/setup/fetch-corpus` calls) takes them from a Debian package and puts the messages into `build/corpus`.
"""

import base64
import gzip
import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "build" / "corpus"

PACKAGE = "doc-rfc-informational"
SUITE = "bookworm"
MIRROR = os.environ.get("OFFHOOK_DEBIAN_MIRROR", "http://deb.debian.org/debian")
INSTALLED = Path("/usr/share/doc/RFC/informational")

TEXTS = {
    "rfc4475": ("ab5fbd8c6d266b19988760183c57b4fbacbd0b23be7ac0710a8ddf4be6c3005b", 50),
    "rfc5118": ("56a76623496c2b834646b39a89c30aa8d1922fdc9e6a9e463e118a636ae1e55e", 12),
}
"""SHA-256 of each text as the RFC Editor published it, and how many messages its archive has."""

ARCHIVE = re.compile(r"-- BEGIN MESSAGE ARCHIVE --\n(.*?)-- END MESSAGE ARCHIVE --", re.DOTALL)


def message(rfc: str, name: str) -> bytes:
    """One message as it would come over the network."""
    data = (CORPUS / rfc / name).read_bytes()
    if rfc == "rfc5118":
        return on_the_wire(data)
    return data + b"\r\n" if name == "baddn" else data  # the archive has it without its empty line


def on_the_wire(data: bytes) -> bytes:
    """A message of RFC 5118's archive with the line ends, empty line and Content-Length that SIP demands.

    The archive has them as on Unix, and lengths that fit neither way, though the messages are called valid.
    """
    head, _, body = data.partition(b"\n\n")
    body = body.replace(b"\n", b"\r\n")
    head = re.sub(rb"Content-Length: [0-9]+", b"Content-Length: %d" % len(body), head.rstrip(b"\n"))
    return head.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body


def main() -> int:
    """Put every message into the corpus folder, unless all are there."""
    if all(len(list((CORPUS / rfc).glob("*"))) == count for rfc, (_, count) in TEXTS.items()):
        return 0
    for rfc, text in read_texts().items():
        digest, count = TEXTS[rfc]
        if hashlib.sha256(text).hexdigest() != digest:
            print(f"{rfc} is not the text that the RFC Editor published", file=sys.stderr)
            return 1
        write_messages(CORPUS / rfc, unpack(text.decode()), count)
    return 0


def read_texts() -> dict[str, bytes]:
    """The texts, from the installed package or else from a copy fetched for the purpose."""
    if all((INSTALLED / f"{rfc}.txt.gz").exists() for rfc in TEXTS):
        return {rfc: gzip.decompress((INSTALLED / f"{rfc}.txt.gz").read_bytes()) for rfc in TEXTS}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["dpkg-deb", "--extract", fetch(Path(folder)), folder], check=True)
        found = Path(folder) / INSTALLED.relative_to("/")
        return {rfc: gzip.decompress((found / f"{rfc}.txt.gz").read_bytes()) for rfc in TEXTS}


def fetch(folder: Path) -> Path:
    """Download the package with lists and a cache of our own; the system's sources stay as they are.

    Its signature need not be checked, as the texts in it are known by their hashes.
    """
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "cache" / "archives" / "partial").mkdir(parents=True)
    sources = folder / "sources.list"
    sources.write_text(f"deb [trusted=yes] {MIRROR} {SUITE} non-free\n")
    settings = {
        "Dir::Etc::sourcelist": sources,
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "",
    }
    apt_get = ["apt-get", "-q", *[f"-o{name}={value}" for name, value in settings.items()]]
    subprocess.run([*apt_get, "update"], check=True, cwd=folder)
    subprocess.run([*apt_get, "download", PACKAGE], check=True, cwd=folder)
    return next(folder.glob(f"{PACKAGE}_*.deb"))


def unpack(text: str) -> dict[str, bytes]:
    """The messages in the base64 archive of an RFC's appendix; lines of the page layout contain spaces."""
    block = ARCHIVE.findall(text)[-1]
    encoded = "".join([line.strip() for line in block.splitlines() if len(line.split()) == 1])
    with tarfile.open(fileobj=io.BytesIO(base64.b64decode(encoded))) as archive:
        files = [member for member in archive.getmembers() if member.isfile()]
        return {PurePosixPath(member.name).stem: archive.extractfile(member).read() for member in files}


def write_messages(folder: Path, messages: dict[str, bytes], count: int) -> None:
    """Write every message to a file of its name."""
    if len(messages) != count:
        raise SystemExit(f"{len(messages)} messages for {folder.name} instead of {count}")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in messages.items():
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
