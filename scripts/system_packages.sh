#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# system_packages.sh PYTHON: installs with apt what this machine lacks of a compiler, PortAudio,
# ALSA's plugins, espeak-ng, and the headers and the venv module of that Python.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

python=$1

have_command() { command -v "$1" >/dev/null; }

# Any interpreter may do without Debian's packages, such as one that was built from source.
have_venv() { "$python" -c 'import ensurepip, venv' 2>/dev/null; }

have_python_headers() {
    "$python" -c 'import os, sysconfig
raise SystemExit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))'
}

is_debians_python() { [[ $("$python" -c 'import sys; print(sys.base_prefix)') == /usr ]]; }

is_installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

missing_packages() {
    local version
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    have_command gcc || echo gcc
    have_command g++ || echo g++
    have_command espeak-ng || echo espeak-ng
    [[ -e /usr/include/portaudio.h || -e /usr/local/include/portaudio.h ]] || echo portaudio19-dev
    # Microphones behind PulseAudio or PipeWire.
    ! have_command dpkg-query || is_installed libasound2-plugins || echo libasound2-plugins
    have_venv || echo "python$version-venv"
    have_python_headers || echo "python$version-dev"
}

as_root=()
become_root() {
    [[ $(id -u) == 0 ]] && return
    if have_command sudo && sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    elif have_command sudo && [[ -t 0 && -z ${CI:-} ]]; then
        say "sudo is needed to install: ${packages[*]}"
        sudo -v || die "sudo was refused; as root: apt-get install ${packages[*]}"
        as_root=(sudo -n)
    else
        die "these packages are missing, and installing them takes root or sudo:" \
            "apt-get install ${packages[*]}"
    fi
}

apt_get() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get -y -q -o DPkg::Lock::Timeout=300 "$@"
}

install_packages() {
    # The lists of a fresh machine are empty or old: they are fetched only if they do not serve.
    apt_get install --no-install-recommends "$@" || {
        apt_get update
        apt_get install --no-install-recommends "$@"
    }
}

mapfile -t packages < <(missing_packages)
if ((${#packages[@]} == 0)); then
    exit 0
fi
if ! is_debians_python && printf '%s\n' "${packages[@]}" | grep -q "^python"; then
    die "$(command -v "$python") lacks its headers or the modules venv and ensurepip;" \
        "name a complete Python: make PYTHON=/usr/bin/python3 ..."
fi
have_command apt-get || die "missing here: ${packages[*]} (the names are Debian's);" \
    "install them with this system's package manager"
become_root
step apt "installing ${packages[*]}" install_packages "${packages[@]}"
