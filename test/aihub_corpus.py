# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""
A small corpus in the layout of AI-Hub's emotional speech, out of tones, and one with faults.

Run it to write one with synthetic speech: python test/aihub_corpus.py FOLDER [--faults]
"""

import argparse
import io
import subprocess
import unicodedata
from pathlib import Path

import numpy as np

WORDS = ('NEUTRAL', 'SAD', 'ANGRY', 'JOY', 'SURPRISE', 'FEAR', 'UNPLEASURE', 'KIND', 'TEASE', 'DRY',
         'SERIOUS', 'DOUBT', 'ANXIOUS', 'SHY', 'HURRY', 'HESITATE')
SPEAKERS = ('F0001', 'F0002', 'M0001', 'M0002')
FOUR = ('ANXIOUS', 'KIND', 'DRY', 'NEUTRAL')
MARKED = '할머니~|||HL 왜요?|||LH 잠이 안 오세요, {number}번?||||LH'
PLAIN = '할머니~ 왜요? 잠이 안 오세요, {number}번?'
# Of a configuration for it; `corpora` follows.
BEGINNING = '''
name: tiny
version: '1'
feature_set: mel_yin_rms/1
labels: [anxious, kind, dry, others]
licence: free
merge: {NEUTRAL: others}
width: 0.05
training: {epochs: 1, windows_per_epoch: 8, batch: 4}
'''


def tone(speaker, word, number, duration_s, rate_hz):
    """Return a buzz whose pitch is that of the speaker and whose tremor is that of the word."""
    time_s = np.arange(round(duration_s * rate_hz)) / rate_hz
    # The number keeps any two recordings from being the same sound.
    pitch_hz = (200 if speaker[0] == 'F' else 110) + 5 * int(speaker[1:]) % 50 + number % 7
    tremor_hz = 1 + 2 * WORDS.index(word) if word in WORDS else 1
    buzz = sum(np.sin(2 * np.pi * pitch_hz * harmonic * time_s) / harmonic
               for harmonic in range(1, 6))
    noise = np.random.default_rng(int(speaker[1:]) * 1000 + number).standard_normal(len(time_s))
    return (0.1 * buzz * (1 + 0.8 * np.sin(2 * np.pi * tremor_hz * time_s))
            + 0.003 * noise).astype(np.float32)


def speech(speaker, word, number, duration_s, rate_hz):
    """Return what espeak-ng makes of the sentence: each speaker has a voice, each word a style."""
    import soundfile
    import soxr
    index = WORDS.index(word) if word in WORDS else 0
    voice = f'ko+{speaker[0].lower()}{1 + int(speaker[1:]) % 4}'
    data = subprocess.run(
        ['espeak-ng', '-v', voice, '-s', str(110 + 40 * (index % 4)), '-p',
         str(20 + 20 * (index // 4)), '--stdout', PLAIN.format(number=number)],
        check=True, stdout=subprocess.PIPE).stdout
    samples, rate = soundfile.read(io.BytesIO(data), dtype='float32')
    return soxr.resample(samples, rate, rate_hz)[:round(duration_s * rate_hz)]


def script_lines(speaker, utterances):
    """Return the lines of a script.

    Args:
        speaker: such as F0001.
        utterances: word by number.
    """
    return [line for number, word in utterances.items() for line in (
        f'{speaker}_{number:06d} {word} #차분하게', MARKED.format(number=number),
        '할머니 왜요 자미 아 노세요', '')]


def make_aihub_corpus(folder, speakers=SPEAKERS, words=FOUR, sentences_per_word=2, duration_s=1.0,
                      rate_hz=16000, sound=tone, first_number=100001):
    """Write a corpus without faults; every speaker reads every sentence.

    Args:
        folder: is made.
        speakers: a folder for each.
        words: of the script, each for the next ``sentences_per_word`` sentences.
        sentences_per_word: number of sentences.
        duration_s: of each recording.
        rate_hz: of the files.
        sound: makes the samples out of speaker, word, number, duration and rate: `tone`, or
            `speech`, which needs espeak-ng.
        first_number: of the first sentence.

    Returns:
        The word of each sentence, by its number.
    """
    import soundfile
    folder = Path(folder)
    numbers = range(first_number, first_number + len(words) * sentences_per_word)
    utterances = {number: words[index // sentences_per_word]
                  for index, number in enumerate(numbers)}
    for speaker in speakers:
        (folder / speaker / 'wav_48000').mkdir(parents=True, exist_ok=True)
        (folder / speaker / 'script.txt').write_text(
            '\n'.join(script_lines(speaker, utterances)) + '\n', encoding='utf-8')
        for number, word in utterances.items():
            soundfile.write(
                str(folder / speaker / 'wav_48000' / f'{speaker}_{number:06d}.wav'),
                sound(speaker, word, number, duration_s, rate_hz), rate_hz, subtype='PCM_16')
    return utterances


def make_second_part(folder, people=('F2001', 'M2002'), numbers=(21, 22, 141), **options):
    """Write recordings of people without a script."""
    for number in numbers:
        make_aihub_corpus(folder, people, ['KIND'], 1, first_number=number, **options)
    for script in Path(folder).rglob('script.txt'):
        script.unlink()


def make_faulty_corpus(folder, **options):
    """Write a corpus with faults; return each as path below the folder, line and part of the text.

    F0001 is in CP949 with CRLF, F0002 in UTF-8 with a byte order mark, M0001 in decomposed letters.
    M0002 has no script, and that of M0003 is in no encoding that is known.
    """
    folder = Path(folder)
    make_aihub_corpus(folder, (*SPEAKERS, 'M0003'), **options)
    faults = [*_in_cp949(folder / 'F0001'), *_with_mark(folder / 'F0002'),
              *_decomposed(folder / 'M0001')]
    (folder / 'M0002' / 'script.txt').unlink()
    (folder / 'M0003' / 'script.txt').write_bytes(b'\xff\xfe\x00\xff')
    return [*faults, ('M0002/script.txt', 0, 'the script of the speaker M0002 is missing'),
            ('M0003/script.txt', 0, 'the script of the speaker M0003: cannot read')]


def _in_cp949(place):
    """A word that is unknown, and an utterance that is missing from the script."""
    lines = script_of(place)
    lines[0] = lines[0].replace('ANXIOUS', 'SLEEPY')
    del lines[4:8]
    (place / 'script.txt').write_bytes('\r\n'.join(lines).encode('cp949'))
    return [('F0001/script.txt', 1, "unknown word 'SLEEPY'"),
            ('F0001/wav_48000/F0001_100002.wav', 0, 'has no lines for it')]


def _with_mark(place):
    """A pronunciation that is missing, a broken header and a recording that is missing."""
    lines = script_of(place)
    lines[4] = lines[4].replace('_', '-', 1)
    del lines[2]
    (place / 'script.txt').write_text('\n'.join(lines), encoding='utf-8-sig')
    (place / 'wav_48000' / 'F0002_100003.wav').unlink()
    return [('F0002/script.txt', 1, 'F0002_100001 has 2 of 3 lines'),
            ('F0002/script.txt', 4, "broken header 'F0002-100002 ANXIOUS #차분하게'"),
            ('F0002/wav_48000/F0002_100002.wav', 0, 'has no lines for it'),
            ('F0002/script.txt', 8, 'the recording F0002_100003 is missing')]


def _decomposed(place):
    """A sentence that is empty, and a recording that ends early."""
    lines = script_of(place)
    lines[1] = '|||HL'
    (place / 'script.txt').write_text(
        unicodedata.normalize('NFD', '\n'.join(lines)), encoding='utf-8')
    broken = place / 'wav_48000' / 'M0001_100002.wav'
    broken.write_bytes(broken.read_bytes()[:1000])
    return [('M0001/script.txt', 2, 'M0001_100001: the sentence is empty')]


def script_of(place):
    """Return the lines of a speaker's script."""
    return (place / 'script.txt').read_text(encoding='utf-8').split('\n')


def main():
    """Write a corpus with synthetic speech."""
    parser = argparse.ArgumentParser(description='Write a small corpus like aihub-emotion.')
    parser.add_argument('folder')
    parser.add_argument('--faults', action='store_true', help='with one of each fault')
    args = parser.parse_args()
    make = make_faulty_corpus if args.faults else make_aihub_corpus
    make(args.folder, rate_hz=48000, duration_s=9.0, sound=speech)


if __name__ == '__main__':
    main()
