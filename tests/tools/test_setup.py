"""What set-up says when it cannot do its work, with the system around it played by small scripts."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A clean checkout as far as set-up looks at it."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "tools" / "setup", folder / "tools" / "setup")
    shutil.copytree(ROOT / "packages", folder / "packages")
    shutil.copytree(ROOT / "bin", folder / "bin")
    return folder


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """The only programs that set-up finds: a few real ones, and those that a test plays."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("bash", "cat", "chmod", "comm", "dirname", "grep", "mv", "rm", "sed", "sort"):
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


def play(programs: Path, name: str, script: str) -> None:
    (programs / name).write_text(f"#!/bin/sh\n{script}\n")
    (programs / name).chmod(0o755)


def run(programs: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(programs)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)


def test_lists_name_each_package_once() -> None:
    lines = [line for path in (ROOT / "packages").glob("*.txt") for line in path.read_text().splitlines()]
    names = [name.strip() for line in lines for name in line.split("#")[0].split("|") if name.strip()]
    assert "portaudio19-dev" in names
    assert len(names) == len(set(names))


def test_command_without_set_up_says_what_to_do(checkout: Path, tmp_path: Path) -> None:
    """Through a link from elsewhere too."""
    link = tmp_path / "offhook"
    link.symlink_to(checkout / "bin" / "offhook")
    done = subprocess.run([link, "--help"], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert done.stderr == f"offhook is not set up yet: run 'make setup' in {checkout}\n"


def test_other_systems_get_one_sentence(checkout: Path, programs: Path, tmp_path: Path) -> None:
    (tmp_path / "os-release").write_text('ID=plan9\nVERSION_ID=4\nPRETTY_NAME="Plan 9"\n')
    script = checkout / "tools" / "setup" / "setup.sh"
    script.write_text(script.read_text().replace("/etc/os-release", str(tmp_path / "os-release")))
    done = run(programs, script, "run")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Debian 12, Debian 13 and Ubuntu 24.04, not on Plan 9." in done.stderr


def test_missing_packages_are_named_when_nobody_may_install_them(checkout: Path, programs: Path) -> None:
    """Neither root nor sudo: one sentence with the names, and nothing was made."""
    play(programs, "dpkg-query", 'for name; do :; done; [ "$name" = gcc ] || echo installed')
    play(programs, "id", "echo 1000")
    done = run(programs, checkout / "tools" / "setup" / "setup.sh", "run")
    assert done.returncode == 1
    assert "As root, install: gcc\n" in done.stderr
    assert not (checkout / ".venv").exists()


def test_python_that_is_too_new_is_refused(checkout: Path, programs: Path) -> None:
    """Nothing older or newer than 3.11 to 3.13 gets a .venv."""
    play(programs, "dpkg-query", "echo installed")
    for name in ("python3", "python3.13", "python3.12", "python3.11"):
        play(programs, name, '[ "$1" != --version ] || echo Python 3.14.0; exit 1')
    script = checkout / "tools" / "setup" / "setup.sh"
    script.write_text(script.read_text().replace(" /usr/bin/python3;", ";"))
    done = run(programs, script, "run")
    assert done.returncode == 1
    assert "offhook needs Python 3.11, 3.12 or 3.13; found Python 3.14.0" in done.stderr
    assert not (checkout / ".venv").exists()


@pytest.mark.parametrize("apt_status", [0, 100], ids=["installed", "failed"])
@pytest.mark.parametrize("own_policy", ["", "exit 104"], ids=["no policy", "own policy"])
def test_no_service_starts_while_packages_are_installed(
    checkout: Path, programs: Path, tmp_path: Path, apt_status: int, own_policy: str
) -> None:
    """May this start? "No" (101) during apt-get, and afterwards what it was before, failure or not."""
    policy = tmp_path / "policy-rc.d"
    if own_policy:
        policy.write_text(own_policy)
    script = checkout / "tools" / "setup" / "install-packages.sh"
    script.write_text(script.read_text().replace("policy=/usr/sbin/policy-rc.d", f"policy={policy}"))
    play(programs, "apt-cache", "echo '  Candidate: 1.0'")
    play(programs, "apt-get", f'[ "$1" != update ] || exit 0; cat {policy}; exit {apt_status}')
    play(programs, "dpkg-query", "echo installed bash")
    done = run(programs, script, "kamailio")
    assert "exit 101\n" in done.stdout
    assert (done.returncode == 0) == (apt_status == 0)
    assert ("could not install: kamailio" in done.stderr) == (apt_status != 0)
    assert (policy.read_text() if policy.exists() else "") == own_policy


def test_package_that_is_not_offered_is_named(checkout: Path, programs: Path, tmp_path: Path) -> None:
    """Of alternatives the first that is offered is taken; nothing is installed when one has none."""
    script = checkout / "tools" / "setup" / "install-packages.sh"
    script.write_text(script.read_text().replace("/usr/sbin/policy-rc.d", str(tmp_path / "policy-rc.d")))
    play(programs, "apt-cache", "[ $2 = second ] && echo '  Candidate: 1.0' || echo '  Candidate: (none)'")
    play(programs, "apt-get", 'echo "$@"')
    play(programs, "dpkg-query", "echo installed bash")
    refused = run(programs, script, "first | second", "third | fourth")
    assert "do not offer: third | fourth" in refused.stderr
    assert "install" not in refused.stdout
    taken = run(programs, script, "first | second")
    assert taken.stdout.endswith("--no-install-recommends second\n")
