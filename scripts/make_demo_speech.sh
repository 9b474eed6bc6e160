#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# make_demo_speech.sh OUTPUT.wav: speech for a demonstration, three quarters of a minute of it, made with
# espeak-ng: several voices, speeds and pitches, English and Korean, with silence between them.
# It is a synthesiser's voice: it shows the graph at work, not how well emotions are told apart.
set -euo pipefail

output=${1:?usage: make_demo_speech.sh OUTPUT.wav}
command -v espeak-ng >/dev/null || {
    echo 'ser_ros: error: espeak-ng is missing: apt-get install espeak-ng' >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak NUMBER VOICE WORDS_PER_MINUTE PITCH(0..99) LOUDNESS(0..200) TEXT
speak() { espeak-ng -v "$2" -s "$3" -p "$4" -a "$5" -w "$work/$1.wav" "$6"; }

speak 1 en-us    165 50 100 'Good morning. I have put the cups back on the kitchen table, as we said.'
speak 2 en-us+f3 215 85 150 'You did it! This is the best news of the whole week, I am so happy for you!'
speak 3 ko       150 45 100 '안녕하세요. 오늘은 날씨가 맑고 바람이 조금 불어요.'
speak 4 en-gb+m3 230 30 190 'No! I have told you three times. Stop it, and leave my things alone, right now!'
speak 5 ko+f2    115 25  60 '저는 오늘 너무 슬퍼요. 아무도 저를 기다려 주지 않았어요.'
speak 6 en-us+f2 105 20  60 'I miss her so much. The house is very quiet since she went away.'
speak 7 ko+m1    220 75 170 '왜 자꾸 그러는 거예요? 정말 화가 나요! 이제 그만하세요!'

mkdir -p "$(dirname "$output")"
# One file out of all, each followed by a pause; written whole or not at all.
python3 - "$work" "$output" <<'PYTHON'
import glob
import os
import sys
import wave

PAUSE_S = 1.2

folder, output = sys.argv[1:]
with wave.open(output + '.part', 'wb') as joined:
    for number, path in enumerate(sorted(glob.glob(os.path.join(folder, '*.wav')))):
        with wave.open(path, 'rb') as part:
            if number == 0:
                joined.setparams(part.getparams())
            joined.writeframes(part.readframes(part.getnframes()))
            silence = int(PAUSE_S * part.getframerate())
            joined.writeframes(bytes(silence * part.getnchannels() * part.getsampwidth()))
os.replace(output + '.part', output)
PYTHON
