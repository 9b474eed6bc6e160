#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Pins the packages that requirements/*.txt only imply: writes requirements/constraints.txt for
# all supported Pythons at once. To be run after a change of a pin; needs `uv` and a python3.10.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

platform="sys_platform == 'linux' and platform_machine == 'x86_64' and implementation_name == 'cpython'"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/pyproject.toml" <<TOML
[project]
name = "lock"
version = "0"
requires-python = ">=3.10"
[tool.uv]
environments = ["$platform and python_version < '3.14'"]
TOML
cp requirements/*.txt "$work"
: >"$work/constraints.txt"

(cd "$work" && uv pip compile --quiet --universal --python python3.10 --no-annotate --no-header \
    ros.txt runtime.txt train.txt test.txt --output-file lock.txt >/dev/null)
{
    echo '# Every package that requirements/*.txt bring, with its version; made by scripts/lock.sh.'
    # What all entries share, the platform, is left out of their markers.
    sed -E "s/(and )?(sys_platform|platform_machine|implementation_name) == '[a-z0-9_]+'//g;
            s/(and )?(python_full_version < '3.14'|platform_python_implementation != 'PyPy')//g;
            s/; +and /; /; s/  +/ /g; s/[ ;]+$//" "$work/lock.txt"
} >requirements/constraints.txt
