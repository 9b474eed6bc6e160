# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
import csv
import json
import math
import os

import pytest

from ser_ros.errors import SerError
from ser_ros.sinks.record import open_record

EMOTION = {
    'stamp_s': 12.5, 'window_start_s': 9.9, 'sequence': 3, 'state': 'EMOTION', 'label': 'fear',
    'confidence': 0.7, 'labels': ['fear', 'neutral'], 'probabilities': [0.7, 0.3],
    'raw_probabilities': [0.6, 0.4], 'speech_probability': 0.9, 'latency_s': math.nan,
    'model': 'm 1', 'backend': 'onnxruntime', 'precision': 'fp32'}
MITIGATION = {
    'stamp_s': 12.5, 'phase': 'STARTED', 'episode': 1, 'emotion': 'fear', 'confidence': 0.7,
    'duration_s': 3.0, 'strategy': 'reassure', 'text': '괜찮으세요?', 'language': 'ko'}


def write(path):
    record = open_record(str(path))
    record.write('emotion', EMOTION)
    record.write('mitigation', MITIGATION)
    record.close()


def test_csv_has_one_table_for_both(tmp_path):
    path = tmp_path / 'record.csv'
    write(path)
    with open(str(path), encoding='utf-8', newline='') as stream:
        emotion, mitigation = csv.DictReader(stream)
    assert emotion['kind'] == 'emotion'
    assert (emotion['label'], emotion['p_fear'], emotion['raw_neutral']) == ('fear', '0.7', '0.4')
    assert (mitigation['kind'], mitigation['text']) == ('mitigation', '괜찮으세요?')
    assert mitigation['p_fear'] == ''


def test_json_lines_are_json_and_readable(tmp_path):
    path = tmp_path / 'record.jsonl'
    write(path)
    lines = path.read_text(encoding='utf-8').splitlines()
    emotion, mitigation = map(json.loads, lines)
    assert emotion == dict(EMOTION, kind='emotion', latency_s=None)
    assert mitigation == dict(MITIGATION, kind='mitigation')
    assert '괜찮으세요?' in lines[1]


@pytest.mark.parametrize('name, complaint', [
    ('record.xls', '.csv or .jsonl'), ('missing/record.csv', 'cannot write .*No such file')])
def test_what_cannot_be_written_is_refused(tmp_path, name, complaint):
    with pytest.raises(SerError, match=complaint):
        open_record(str(tmp_path / name))


@pytest.mark.skipif(not os.path.exists('/dev/full'), reason='this system has no /dev/full')
@pytest.mark.parametrize('name', ['record.csv', 'record.jsonl'])
def test_a_full_disk(tmp_path, name):
    (tmp_path / name).symlink_to('/dev/full')
    record = open_record(str(tmp_path / name))
    for act in (lambda: record.write('emotion', EMOTION), record.close):
        with pytest.raises(SerError, match='cannot write .*: No space left on device'):
            act()
