# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The whole graph in one process with config/jetson_nano.yaml, here on the CPU."""

import json
import pathlib
import subprocess

from harness import COMMAND, DEADLINE_S

PARAMS_FILE = pathlib.Path(__file__).resolve().parents[2] / 'config' / 'jetson_nano.yaml'


def test_one_process_in_half_precision(speech, tmp_path):
    record = tmp_path / 'record.jsonl'
    subprocess.run(
        [COMMAND, 'run', '--params-file', str(PARAMS_FILE), '--output', str(record),
         '--backend', 'onnxruntime', '--fast', str(speech)],
        check=True, stdin=subprocess.DEVNULL, timeout=DEADLINE_S)
    rows = [json.loads(line) for line in record.read_text(encoding='utf-8').splitlines()]
    emotions = [row for row in rows if row['kind'] == 'emotion']
    assert [row['sequence'] for row in emotions] == list(range(19))
    assert {row['precision'] for row in emotions} == {'fp16'}
