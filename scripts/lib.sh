# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What the set-up scripts share. To be sourced; the working directory is the repository's root.

LOG_DIR=log/setup

say() { printf 'ser_ros: %s\n' "$*"; }

die() {
    printf 'ser_ros: error: %s\n' "$*" >&2
    exit 1
}

# step NAME TEXT COMMAND...: runs the command silently and says what it did and how long it took;
# its output goes to log/setup/NAME.log, the end of which is shown if the command fails.
step() {
    local log=$LOG_DIR/$1.log text=$2 start=$SECONDS
    shift 2
    mkdir -p "$LOG_DIR"
    printf 'ser_ros: %s ... ' "$text"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%d s\n' $((SECONDS - start))
    else
        printf 'failed\n'
        tail -n 30 "$log" >&2
        die "$text failed; the whole output is in $log"
    fi
}

# fingerprint TEXT FILE...: prints a hash of the text and of the contents of the files.
fingerprint() {
    local text=$1
    shift
    { printf '%s\n' "$text"; cat -- "$@"; } | sha256sum | cut -d ' ' -f 1
}

# is_stamped STAMP HASH, stamp STAMP HASH: what was done for this hash need not be done again.
is_stamped() { [[ -f $1 && $(<"$1") == "$2" ]]; }

stamp() {
    mkdir -p "$(dirname "$1")"
    printf '%s\n' "$2" >"$1"
}

# One set-up at a time in this checkout; the lock ends with the process.
lock() {
    mkdir -p "$LOG_DIR"
    exec 9>"$LOG_DIR/lock"
    flock --nonblock 9 && return
    say 'waiting for another make to end (setup, build or test-py36)'
    flock 9
}
