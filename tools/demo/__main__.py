"""`python -m tools.demo`: an exchange, two telephones and a page, until Ctrl-C."""

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from tools.demo.children import ChildError
from tools.demo.demonstration import Demonstration, Wishes


def say(line: str) -> None:
    """Write one line."""
    print(line, flush=True)


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument(
        "--self-test", action="store_true", help="call the echo at once, as without a sound card or a display"
    )
    parser.add_argument(
        "--port", type=int, default=0, choices=range(65536), metavar="N", help="of the page (default: free)"
    )
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="keep settings and state there (default: kept nowhere)"
    )
    return parser


async def run(wishes: Wishes) -> int:
    """Run until a signal (0) or until something fails (1); then end everything that was started."""
    demonstration = Demonstration(wishes, say)
    running = asyncio.create_task(demonstration.run())
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        say("Ending everything ...")
        return 0
    except (ChildError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    finally:
        await demonstration.stop()
    return 0


def main() -> int:
    """The entry of the demonstration."""
    options = arguments().parse_args()
    if options.state is not None:
        options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        return asyncio.run(run(Wishes(options.state.absolute(), options.port, options.self_test)))
    with tempfile.TemporaryDirectory(prefix="offhook-demo-") as folder:
        return asyncio.run(run(Wishes(Path(folder), options.port, options.self_test)))


if __name__ == "__main__":
    sys.exit(main())
