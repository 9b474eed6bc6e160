#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Runs the whole graph on the audio file that the variable AUDIO names, on the microphone if that
# is `mic`, or, if it is empty, on speech made on the spot. `make build` comes first.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

audio=${AUDIO:-}
speech=build/demo/speech.wav

if [[ -z $audio ]]; then
    if [[ $speech -ot scripts/make_demo_speech.sh ]]; then
        step speech 'making a minute of speech with espeak-ng' \
            scripts/make_demo_speech.sh "$speech"
    fi
    audio=$speech
fi
source scripts/env.sh
exec ser_ros run "$audio"
