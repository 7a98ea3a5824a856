"""The exchange's telephones: number and random password, in a settings file for `offhook run`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tools.exchange.certificate import write_private

PASSWORD_BYTES = 16

SETTINGS = """\
# A telephone of the local exchange. The exchange writes this file anew whenever it starts.

[line.desk]
address = "sip:{number}@{domain}"
display_name = "Desk {number}"
password = "{password}"
registrar = "{host}:{port}"
transport = "tls"
{auto_answer}
[network]
hosts = ["{host}"]

[tls]
trust_system = false
ca_files = ["{authority}"]
"""

AUTO_ANSWER = """
[line.desk.auto_answer]
callers = ["*@{domain}"]
delay_seconds = 1.0
"""


@dataclass(frozen=True, slots=True)
class Handset:
    """One subscriber."""

    number: str
    answers: bool
    """It answers calls of this exchange by itself."""
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, entropy: Callable[[int], bytes]) -> "Handset":
        """`NUMBER` or `NUMBER:answers`. Raises ValueError with a sentence for a person."""
        number, _, manner = text.partition(":")
        if not (number.isascii() and number.isdigit()) or manner not in ("", "answers"):
            raise ValueError(f"“{text}” is neither NUMBER nor NUMBER:answers.")
        return cls(number, manner == "answers", entropy(PASSWORD_BYTES).hex())

    def settings(self, domain: str, host: str, port: int, authority: Path) -> str:
        """Its settings file; `port` is the exchange's for TLS."""
        return SETTINGS.format(
            number=self.number,
            domain=domain,
            password=self.password,
            host=host,
            port=port,
            authority=authority,
            auto_answer=AUTO_ANSWER.format(domain=domain) if self.answers else "",
        )


def write_settings(
    handsets: Iterable[Handset], folder: Path, domain: str, host: str, port: int, authority: Path
) -> None:
    """`NUMBER.toml` for each, readable by this user only, as the password is in it. Raises OSError."""
    for handset in handsets:
        text = handset.settings(domain, host, port, authority)
        write_private(folder / f"{handset.number}.toml", text.encode())
