"""The page's process: `python -m ui.web --control SOCKET [--port N]`, or `offhook page`."""

import argparse
import sys
from pathlib import Path

from ui.web.serve import run


def main() -> int:
    """Serve the page; the exit status is 0, or 1 when its port is taken."""
    parser = argparse.ArgumentParser(prog="offhook-web", description=__doc__)
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET")
    parser.add_argument(
        "--port", type=int, default=0, choices=range(65536), metavar="N", help="default: a free one"
    )
    options = parser.parse_args()
    return run(options.control, options.port)


if __name__ == "__main__":
    sys.exit(main())
