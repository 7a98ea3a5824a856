#!/bin/bash
# Everything that must hold before a change lands.
set -euo pipefail
cd "$(dirname "$0")/../.."

echo "== style and types"
tools/setup/lint.sh
if [ -x tests/setup/fetch-corpus ]; then
    echo "== messages that others wrote for tests"
    tests/setup/fetch-corpus
fi
echo "== tests"
.venv/bin/python -m pytest -m "not timed"
echo "== tests that assert something about time, one after the other"
.venv/bin/python -m pytest -m timed
