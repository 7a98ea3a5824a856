"""The exchange as a program, and telephones of it, as people run them."""

import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.interop.offhook import ROOT, Offhook, line
from tests.interop.program import Program
from tests.interop.speech import Samples


class LocalExchange(Program):
    """`python -m tools.exchange` on free ports."""

    def __init__(self, folder: Path, *words: str) -> None:
        self.state = folder / "state"
        command = [sys.executable, "-m", "tools.exchange", f"--state={self.state}", *words]
        super().__init__(folder, command, {"PYTHONPATH": str(ROOT)})

    def is_ready(self) -> bool:
        return "\nready\n" in self.log()

    @property
    def authority(self) -> Path:
        """Whom to trust."""
        return self.state / "authority.pem"

    def port(self, transport: str) -> int:
        """Where it listens."""
        rows = [row.split() for row in self.log().splitlines() if row.startswith("listening")]
        return next(int(row[-1]) for row in rows if row[1] == transport.upper())

    def password(self, number: str) -> str:
        """As it stands in the settings file that the exchange wrote."""
        settings = tomllib.loads((self.state / f"{number}.toml").read_text())
        return str(settings["line"]["desk"]["password"])

    def phone(
        self,
        folder: Path,
        number: str,
        *,
        transport: str = "tls",
        password: str = "",
        media: Mapping[str, Any] | None = None,
        says: Samples | None = None,
        audio: str = "",
        **values: Any,
    ) -> Offhook:
        """A telephone with `number`."""
        own = line(
            address=f"sip:{number}@localhost",
            register=True,
            transport=transport,
            registrar=f"127.0.0.1:{self.port(transport)}",
            password=password or self.password(number),
            **values,
        )
        settings = {
            "network": {"direct_calls": False},
            "tls": {"trust_system": False, "ca_files": [str(self.authority)]},
            "media": {"srtp": "preferred", **(media or {})},
        }
        return Offhook(folder, own, settings=settings, says=says, audio=audio)
