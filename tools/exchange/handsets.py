"""The exchange's telephones: number and random password, in a settings file for `offhook run`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from firmware.sip.digest import Password
from tools.exchange.certificate import write_private
from tools.exchange.gate import ALGORITHMS, Subscriber

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
    manner: str
    """answers: calls of this exchange, by itself; md5: it knows no stronger digest; or nothing."""
    password: str = field(repr=False)

    @classmethod
    def parse(cls, text: str, entropy: Callable[[int], bytes]) -> "Handset":
        """`NUMBER` or `NUMBER:MANNER`, and a new password. Raises ValueError with a sentence for a person."""
        number, _, manner = text.partition(":")
        if not (number.isascii() and number.isdigit()) or manner not in ("", "answers", "md5"):
            raise ValueError(f"“{text}” is not NUMBER, NUMBER:answers or NUMBER:md5.")
        return cls(number, manner, entropy(PASSWORD_BYTES).hex())

    @property
    def subscriber(self) -> Subscriber:
        """What the exchange has to know of it."""
        algorithms = ("MD5",) if self.manner == "md5" else ALGORITHMS
        return Subscriber(Password(self.password), algorithms)

    def settings(self, domain: str, host: str, port: int, authority: Path) -> str:
        """Its settings file; `port` is the exchange's for TLS."""
        return SETTINGS.format(
            number=self.number,
            domain=domain,
            password=self.password,
            host=host,
            port=port,
            authority=authority,
            auto_answer=AUTO_ANSWER.format(domain=domain) if self.manner == "answers" else "",
        )


def write_settings(
    handsets: Iterable[Handset], folder: Path, domain: str, host: str, port: int, authority: Path
) -> None:
    """`NUMBER.toml` for each, readable by this user only, as the password is in it. Raises OSError."""
    for handset in handsets:
        text = handset.settings(domain, host, port, authority)
        write_private(folder / f"{handset.number}.toml", text.encode())
