# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Write down what a checkout computes, to see whether another commit computes the same.

In a shell of each checkout, after ``make build``, on the same machine::

    source scripts/env.sh
    python scripts/same_results.py --data ../shared/data OLD.json

and then, anywhere, ``python scripts/same_results.py --compare OLD.json NEW.json``: it says for each
item whether it is identical, else what differs first; the exit code is 1 where something does.
What cannot be computed is left out of the file, with exit code 1, and makes a difference.

Only the command line of ser_ros is used: train (one epoch for each feature set), classify and run.
All values are compared to the last digit; what is left out is said where that is done. It takes
about three minutes on one core.
"""

import argparse
import copy
import csv
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np
import onnx
import soundfile
from onnx import numpy_helper

RATE_HZ = 16000
LABELS = ['happiness', 'anger', 'sadness', 'neutral', 'fear', 'disgust', 'surprise']

# Clips to classify, by corpus.
CLIPS = {'ravdess': 7, 'nemo': 7, 'emodb': 6}

# What run hears: speaker of nemo, emotion, duration [s]; an empty one for silence. At the default
# timing an episode starts, is repeated and recovers, and after the cooldown one starts that times
# out.
SOUND = (('WR0', 'sadness', 38), ('IC0', 'neutral', 9), ('MK0', 'anger', 66), ('', '', 23))
RUN_TRIES = 3

# None of the speakers that config/splits/strangers.yaml keeps for testing.
SPEAKERS = {
    'ravdess': {'train': ['01', '02', '03', '04'], 'validation': ['17']},
    'nemo': {'train': ['MK0', 'WR0'], 'validation': ['KD0']},
}
# Of their clips one in so many is taken.
STEPS = {'ravdess': 3, 'nemo': 8}
# By name, with what the three ways of training that ship use, and more: copies degraded as sound,
# mixup, several networks, an end by patience, every form of the files.
TRAININGS: dict[str, dict[str, Any]] = {
    'mel_yin_rms': {
        'feature_set': 'mel_yin_rms/1', 'network': 'resnet10', 'width': 0.05,
        'precisions': ['fp32', 'fp16', 'int8'],
        'training': {'wave_variants': 1},
    },
    'efficientat_mel': {
        'feature_set': 'efficientat_mel/1', 'network': 'mobilenet_v3', 'width': 0.1,
        'precisions': ['fp32', 'fp16', 'int8'],
        'training': {'mixup': 0.3, 'averaging': 0.9},
        'partners': [{'network': 'resnet10', 'width': 0.05}],
    },
    'mel_f0_level': {
        'feature_set': 'mel_f0_level/1', 'network': 'resnet10', 'width': 0.05,
        'precisions': ['fp32', 'int8'], 'fp16_weights': True,
        'training': {'patience': 2, 'averaging': 0.9, 'bf16': True},
    },
}
COMMON_TRAINING = {'epochs': 1, 'windows_per_epoch': 1024, 'batch': 32}

NOTHING = '(nothing)'


class Failed(Exception):
    """A command of ser_ros does not do what it should."""


class Checkout:
    """The ser_ros command of this shell.

    Args:
        folder: an empty folder; everything is written there.
        data: folder of the corpora.
    """

    def __init__(self, folder: Path, data: Path):
        command = shutil.which('ser_ros')
        if command is None:
            sys.exit('there is no ser_ros command: source scripts/env.sh')
        self.command = command
        self.folder = folder
        self.data = data
        self._domain_id, self._claim = claim_domain()

    def call(self, *arguments: Any) -> str:
        """Run a command of ser_ros in the folder and return its standard output."""
        print(' '.join(['ser_ros', *map(str, arguments)])[:300], file=sys.stderr, flush=True)
        # One thread, so that sums are always taken in the same order.
        threads = {name + '_NUM_THREADS': '1' for name in ('OMP', 'OPENBLAS', 'MKL', 'NUMBA')}
        ros = {'ROS_DOMAIN_ID': str(self._domain_id), 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'LOCALHOST',
               'ROS_LOG_DIR': str(self.folder / 'log')}
        result = subprocess.run(
            [self.command, *map(str, arguments)], cwd=self.folder, text=True,
            capture_output=True, env={**os.environ, **threads, **ros})
        if result.returncode:
            raise Failed(f'{result.stdout[-1000:]}{result.stderr[-5000:]}'
                         f'ser_ros {arguments[0]}: exit code {result.returncode}')
        return result.stdout

    def option(self, command: str, *names: str) -> str:
        """Return the first of the options that a command has; commits may differ in it."""
        text = self.call(command, '--help')
        for name in names:
            if name in text:
                return name
        raise Failed(f'ser_ros {command} has none of the options {", ".join(names)}')

    def rows(self, corpus: str) -> list[dict[str, str]]:
        """Return what the corpus's metadata.csv lists."""
        with open(self.data / corpus / 'metadata.csv', newline='', encoding='utf-8') as file:
            return list(csv.DictReader(file))


def claim_domain() -> tuple[int, socket.socket]:
    """Return a ROS domain that no tests of this machine use, and the claim to it.

    See test/conftest.py. A clock in the same domain would move the stamps.
    """
    for domain_id in range(1, 102):
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f'\0ser_ros_test_domain_{domain_id}')
        except OSError:
            claim.close()
        else:
            return domain_id, claim
    sys.exit('all ROS domains are taken by tests')


def sha256(content: bytes) -> str:
    """Return the first half of the digest."""
    return hashlib.sha256(content).hexdigest()[:32]


def sample_corpora(checkout: Checkout) -> Path:
    """Make a folder of small corpora, with links to the speakers' folders, and return it."""
    root = checkout.folder / 'data'
    for corpus, parts in SPEAKERS.items():
        speakers = [speaker for part in parts.values() for speaker in part]
        rows = [row for row in checkout.rows(corpus) if row['speaker'] in speakers]
        chosen = rows[::STEPS[corpus]]
        (root / corpus).mkdir(parents=True)
        for name in {Path(row['file_path']).parts[0] for row in chosen}:
            os.symlink(checkout.data / corpus / name, root / corpus / name)
        with open(root / corpus / 'metadata.csv', 'w', newline='', encoding='utf-8') as file:
            writer = csv.DictWriter(file, chosen[0])
            writer.writeheader()
            writer.writerows(chosen)
    return root


def train(checkout: Checkout, name: str, root: Path) -> dict[str, Any]:
    """Train a model for one epoch and return the items about it.

    In the history they are the bytes of the files, line by line.
    """
    config = dict(copy.deepcopy(TRAININGS[name]), name=name, version='1', labels=LABELS,
                  licence='none', corpora=SPEAKERS)
    for member in (config, *config.get('partners', ())):
        member['training'] = {**COMMON_TRAINING, **member.get('training', {})}
    path = checkout.folder / f'{name}.yaml'
    path.write_text(json.dumps(config, indent=1), encoding='utf-8')  # JSON is YAML
    output = checkout.folder / 'runs' / name
    checkout.call('train', path, '--data', root, '--output', output, '--seed', 0, '--threads', 1)
    items: dict[str, Any] = {f'train {name} history': {
        str(file.relative_to(output)): file.read_bytes().decode().splitlines(keepends=True)
        for file in sorted(output.rglob('history*.csv'))}}
    for file in sorted((output / name).glob('*.onnx')):
        items.update((f'train {name} {file.stem} {part}', value)
                     for part, value in model_items(file).items())
    return items


def model_items(path: Path) -> dict[str, Any]:
    """Return what an ONNX file holds: metadata and digests of the weights, and how they are joined.

    Left out is ``made_with``: versions, and the hash of all keys that a configuration may have.
    """
    model = onnx.load(str(path))
    metadata = {}
    for entry in model.metadata_props:
        try:
            metadata[entry.key] = json.loads(entry.value)
        except ValueError:
            metadata[entry.key] = entry.value
        if isinstance(metadata[entry.key], dict):
            metadata[entry.key].pop('made_with', None)
    graph = model.graph
    weights = [numpy_helper.to_array(tensor) for tensor in graph.initializer]
    nodes = [f'{node.op_type} {" ".join(node.input)} -> {" ".join(node.output)}, ' + ' '.join(
        f'{attribute.name} {sha256(attribute.SerializeToString(deterministic=True))}'
        for attribute in node.attribute) for node in graph.node]
    return {
        'metadata': metadata,
        'weights': [f'{values.dtype} {list(values.shape)} {sha256(values.tobytes())}'
                    for values in weights],
        'graph': {'names': [entry.name for entries in (graph.input, graph.output, graph.initializer)
                            for entry in entries], 'nodes': nodes}}


def choose_clips(checkout: Checkout) -> list[Path]:
    """Return clips of each corpus, evenly spaced from its shortest to its longest one."""
    clips = []
    for corpus, count in CLIPS.items():
        rows = sorted(checkout.rows(corpus),
                      key=lambda row: (float(row['duration_s']), row['file_path']))
        clips += [checkout.data / corpus / rows[index * (len(rows) - 1) // (count - 1)]['file_path']
                  for index in range(count)]
    return clips


def classify(checkout: Checkout, name: str, model: str) -> dict[str, Any]:
    """Return what ser_ros classify says of the clips.

    Left out is where the corpora are: paths count from their folder.
    """
    output = checkout.folder / f'{name}.json'
    checkout.call('classify', '--model', model, '--backend', 'onnxruntime', '--precision', 'fp32',
                  '--threads', 1, '--windows', '--format', 'json', '--output', output,
                  *choose_clips(checkout))
    text = output.read_text(encoding='utf-8')
    return {f'classify {name}': json.loads(text.replace(f'{checkout.data}/', ''))}


def make_sound(checkout: Checkout) -> Path:
    """Write the sound file for run and return its path."""
    parts = []
    for speaker, emotion, duration_s in SOUND:
        part = [np.zeros(0 if speaker else duration_s * RATE_HZ, np.int16)]
        for row in checkout.rows('nemo'):
            if (row['speaker'], row['emotion']) == (speaker, emotion):
                samples, rate_hz = soundfile.read(
                    checkout.data / 'nemo' / row['file_path'], dtype='int16')
                assert rate_hz == RATE_HZ
                part.append(samples)
        parts.append(np.concatenate(part)[:duration_s * RATE_HZ])
        assert len(parts[-1]) == duration_s * RATE_HZ
    path = checkout.folder / 'sound.wav'
    soundfile.write(path, np.concatenate(parts), RATE_HZ)
    return path


def run(checkout: Checkout) -> dict[str, Any]:
    """Return the emotions and mitigations of the graph on a file, in one process.

    Left out is the latency. The stamps are those of a simulated clock that nobody moves, so they
    count from 0. Real ones, as seconds since 1970 in float64, are good to 0.24 us only: with the
    distance of two of them the last digits of the smoothed probabilities would change each time.
    """
    sound = make_sound(checkout)
    parameters = checkout.folder / 'parameters.yaml'
    parameters.write_text('/**:\n  ros__parameters:\n    use_sim_time: true\n')
    record_to = checkout.option('run', '--record', '--output')
    output = checkout.folder / 'run.jsonl'
    for _ in range(RUN_TRIES):
        checkout.call('run', '--fast', '--params-file', parameters, '--model', 'small',
                      '--backend', 'onnxruntime', '--precision', 'fp32', record_to, output, sound)
        lines = output.read_text(encoding='utf-8').splitlines()
        kinds: dict[str, list[dict[str, Any]]] = {'emotion': [], 'mitigation': []}
        for row in map(json.loads, lines):
            kinds.setdefault(row['kind'], []).append(row)
        # What was lost since others needed the CPU says nothing of the code.
        if [row['sequence'] for row in kinds['emotion']] == list(range(len(kinds['emotion']))):
            break
        print('windows were lost; once more', file=sys.stderr)
    first_s = kinds['emotion'][0]['stamp_s']
    for row in (row for rows in kinds.values() for row in rows):
        row.pop('latency_s', None)
        for key in ('stamp_s', 'window_start_s'):
            if key in row:
                row[key] -= first_s
    return {f'run {kind}s': rows for kind, rows in kinds.items()}


def results(checkout: Checkout) -> tuple[dict[str, Any], bool]:
    """Return the items, and whether they are all there."""
    root = sample_corpora(checkout)
    trained = f'{checkout.folder}/runs/mel_yin_rms/mel_yin_rms/'
    steps: list[Callable[[], dict[str, Any]]] = [
        *(partial(train, checkout, name, root) for name in TRAININGS),
        partial(classify, checkout, 'small', 'small'),
        partial(classify, checkout, 'resnet34', 'resnet34'),
        partial(classify, checkout, 'mel_yin_rms', trained),
        partial(run, checkout)]
    items: dict[str, Any] = {}
    complete = True
    for step in steps:
        try:
            items.update(step())
        except Failed as error:
            print(error, file=sys.stderr)
            complete = False
    return items, complete


def differences(old: Any, new: Any, where: str = '') -> Iterator[tuple[str, Any, Any]]:
    """Yield the place of each value that differs, and both values."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(
                old.get(key, NOTHING), new.get(key, NOTHING), f'{where}.{key}' if where else key)
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            before, after = (values[index] if index < len(values) else NOTHING
                             for values in (old, new))
            yield from differences(before, after, f'{where}[{index}]')
    elif type(old) is not type(new) or old != new:
        yield where, old, new


def short(value: Any) -> str:
    """Return a value on one line."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else text[:200] + ' ...'


def compare(old_path: str, new_path: str) -> int:
    """Print for each item whether the two files hold the same; return the exit code."""
    old, new = (json.loads(Path(path).read_text(encoding='utf-8'))
                for path in (old_path, new_path))
    code = 0
    for name in dict.fromkeys([*old['items'], *new['items']]):
        without = [path for path, file in ((old_path, old), (new_path, new))
                   if name not in file['items']]
        if without:
            code = 1
            print(f'{name}: MISSING in {without[0]}')
            continue
        found = list(differences(old['items'][name], new['items'][name]))
        if not found:
            print(f'{name}: identical')
            continue
        code = 1
        where, before, after = found[0]
        print(f'{name}: DIFFERENT, {len(found)} values; the first: {where or "all of it"}')
        print(f'    {old_path}: {short(before)}')
        print(f'    {new_path}: {short(after)}')
    for path, file in ((old_path, old), (new_path, new)):
        if not file['about']['complete']:
            code = 1
            print(f'{path}: INCOMPLETE, a command had failed')
    return code


def main() -> int:
    """Do what the command line says and return an exit code."""
    parser = argparse.ArgumentParser(description='Write down what a checkout computes, or compare.')
    parser.add_argument('--data', type=Path, metavar='FOLDER',
                        help='folder with the corpora ravdess, nemo and emodb')
    parser.add_argument('output', nargs='?', type=Path, metavar='OUTPUT.json')
    parser.add_argument('--compare', nargs=2, metavar=('OLD.json', 'NEW.json'))
    args = parser.parse_args()
    if args.compare:
        return compare(*args.compare)
    if args.data is None or args.output is None:
        parser.error('--data and OUTPUT.json are needed, or --compare')
    start_s = time.monotonic()
    with tempfile.TemporaryDirectory(prefix='same_results.') as folder:
        checkout = Checkout(Path(folder).resolve(), args.data.resolve())
        items, complete = results(checkout)
    args.output.parent.mkdir(parents=True, exist_ok=True)
    about = {'command': checkout.command, 'complete': complete,
             'took_s': round(time.monotonic() - start_s)}
    args.output.write_text(json.dumps({'about': about, 'items': items}, ensure_ascii=False,
                                      indent=1) + '\n', encoding='utf-8')
    for name, value in items.items():
        print(name, sha256(json.dumps(value, sort_keys=True).encode()))
    return 0 if complete else 1


if __name__ == '__main__':
    sys.exit(main())
