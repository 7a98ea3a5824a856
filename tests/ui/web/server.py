"""The page's server as a program, as `offhook page` starts it."""

import re
import sys
from pathlib import Path

from tests.interop.program import Program

ROOT = Path(__file__).parents[3]
ADDRESS = re.compile(r"^http://127\.0\.0\.1:(\d+)/\?code=([0-9a-f]+)$", re.MULTILINE)


class PageServer(Program):
    """Serves the telephone at `control` on a free port."""

    def __init__(
        self, folder: Path, control: Path, *arguments: str, program: tuple[str, ...] = ("ui.web",)
    ) -> None:
        command = [sys.executable, "-m", *program, f"--control={control}", *arguments]
        super().__init__(folder, command, {"PYTHONPATH": str(ROOT)})

    def is_ready(self) -> bool:
        return bool(self.codes)

    @property
    def port(self) -> int:
        return int(ADDRESS.findall(self.log())[-1][0])

    @property
    def codes(self) -> list[str]:
        """Every code that was printed, the newest last."""
        return [code for _, code in ADDRESS.findall(self.log())]

    @property
    def address(self) -> str:
        """The newest address that was printed."""
        return f"{self.origin}/?code={self.codes[-1]}"

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"
