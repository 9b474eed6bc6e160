#!/usr/bin/env bash
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# make_demo_speech.sh OUTPUT.wav: a minute of speech for a demonstration, made with espeak-ng:
# several voices, speeds and pitches, English and Korean, with silence between them. They are
# chosen so that everything happens that the graph can do, a mitigation included. A synthesiser's
# voice shows the graph at work, not how well it recognises the emotions of people.
set -euo pipefail

output=${1:?usage: make_demo_speech.sh OUTPUT.wav}
command -v espeak-ng >/dev/null || {
    echo 'ser_ros: error: espeak-ng is missing: apt-get install espeak-ng' >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# speak NUMBER VOICE WORDS_PER_MINUTE PITCH(0..99) TEXT
speak() { espeak-ng -v "$2" -s "$3" -p "$4" -w "$work/$1.wav" "$5"; }

speak 1 en-us    165 50 'Good morning. I have put the cups back on the table, as we said.'
speak 2 en-us+m7 115  5 'I miss her so much. The house is very quiet since she went away.
                         Nobody calls any more, and I do not know what to do with myself.'
speak 3 ko       150 45 '안녕하세요. 오늘은 날씨가 맑고 바람이 조금 불어요.'
speak 4 ko+f5    230 50 '왜 자꾸 그러는 거예요? 정말 화가 나요! 제가 몇 번이나 말했잖아요!
                         이제 그만하세요! 제 물건에 손대지 마세요!'
speak 5 en-us+f5 230 95 'What was that? Did you hear it? Somebody is at the door!'
speak 6 en-gb    160 55 'It was only the wind. Let us sit down and have some tea.'

mkdir -p "$(dirname "$output")"
# One file out of all, each followed by a pause; written whole or not at all.
python3 - "$work" "$output" <<'PYTHON'
import glob
import os
import sys
import wave

# Longer than one window, so that the graph hears the silence, too.
PAUSE_S = 3.5

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
