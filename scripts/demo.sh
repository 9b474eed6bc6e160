#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh [FILE|mic]: runs the whole graph on an audio file, on the microphone, or without an
# argument on speech made on the spot. `make build` comes first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

audio=${1:-}
speech=build/demo/speech.wav

if [[ -z $audio ]]; then
    if [[ $speech -ot scripts/make_demo_speech.sh ]]; then
        step speech 'making three quarters of a minute of speech with espeak-ng' \
            scripts/make_demo_speech.sh "$speech"
    fi
    audio=$speech
fi
source scripts/env.sh
exec ser_ros run "$audio"
