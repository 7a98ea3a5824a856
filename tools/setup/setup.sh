#!/bin/bash
# Makes this checkout ready: `setup.sh run` for running offhook, `setup.sh test` for its tests.
# What is in place already is left alone, so that it can be called every time.
set -euo pipefail
cd "$(dirname "$0")/../.."

purpose=${1:?usage: setup.sh run|test}
case $purpose in
    run) lists=(packages/run.txt) ;;
    test) lists=(packages/run.txt packages/test.txt) ;;
    *) echo "usage: setup.sh run|test" >&2; exit 2 ;;
esac

say() { echo "offhook set-up: $*"; }
give_up() { echo "offhook set-up: $*" >&2; exit 1; }

require_supported_system() {
    local ID="" VERSION_ID="" PRETTY_NAME="this system"
    # shellcheck source=/dev/null
    [ ! -r /etc/os-release ] || . /etc/os-release
    case $ID-$VERSION_ID in
        debian-12 | debian-13 | ubuntu-24.04) ;;
        *) give_up "offhook can be set up on Debian 12, Debian 13 and Ubuntu 24.04, not on $PRETTY_NAME." ;;
    esac
}

# Names what is not installed, one entry a line; an entry "a | b" is content with either.
missing_packages() {
    local entry name
    sed -e 's/#.*//' -e '/^[[:space:]]*$/d' "${lists[@]}" | while read -r entry; do
        for name in ${entry//|/ }; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" != installed ] || continue 2
        done
        echo "$entry"
    done
}

install_packages() {
    local missing
    mapfile -t missing < <(missing_packages)
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing ${#missing[@]} system packages: ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        tools/setup/install-packages.sh "${missing[@]}"
    elif command -v sudo >/dev/null; then
        say "this step needs administrator rights, sudo may ask for your password"
        sudo tools/setup/install-packages.sh "${missing[@]}"
    else
        give_up "installing needs root or sudo. As root, install: ${missing[*]}"
    fi
}

# Prints the first Python of a supported version.
choose_python() {
    local candidate
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    give_up "offhook needs Python 3.11, 3.12 or 3.13; found $(python3 --version 2>&1 || echo none)."
}

make_environment() {
    local python
    ! .venv/bin/python -c 'import pip' 2>/dev/null || return 0
    python=$(choose_python)
    say "making .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || give_up "$python cannot make a virtual environment; is its venv module installed?"
}

# Installs one locked list, unless this very list was installed before.
install_requirements() {
    local list=$1 stamp=.venv/.installed-$2 sum
    sum=$(sha256sum < "$list")
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
    say "installing the Python packages of $list"
    .venv/bin/python -m pip install --progress-bar off --disable-pip-version-check --require-hashes -r "$list" \
        || give_up "the Python packages of $list could not be installed; pip names the one above."
    echo "$sum" > "$stamp"
}

# The kernel is built again when a file beside it changed.
build_kernel() {
    local folder=firmware/media/kernel stamp=.venv/.built-kernel sum
    [ -e $folder/build.py ] || return 0
    sum=$(find $folder -type f \( -name '*.py' -o -name '*.c' -o -name '*.h' \) -print0 | sort -z | xargs -0 cat | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || ! compgen -G "$folder/*.so" >/dev/null || return 0
    say "building the C kernel of the audio path"
    # As a file: as a module it would import the package around it, which needs the kernel.
    .venv/bin/python $folder/build.py || give_up "the C kernel did not build; the compiler says why above."
    echo "$sum" > "$stamp"
}

require_supported_system
install_packages
make_environment
for part in run test; do
    install_requirements "requirements/$part.txt" "$part"
    [ "$part" != "$purpose" ] || break
done
build_kernel
