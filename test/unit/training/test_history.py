# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The history of a training, drawn from Python."""

import pytest

from ser_ros.errors import SerError
from ser_ros.training.fit import history
from ser_ros.training.fit.history import Epoch, plot_training_history

EPOCHS = [Epoch(1, 1.5, 0.001, {'north': 0.25, 'mean': 0.25}),
          Epoch(2, 1.25, 0.0005, {'north': 0.5, 'mean': 0.5}, 1.125, 0.375, 0.3125)]


def test_it_is_read_as_it_was_written(tmp_path):
    history.write(EPOCHS, tmp_path)
    assert history.read(tmp_path) == history.read(tmp_path / 'history.csv') == EPOCHS


def test_the_picture_is_that_of_the_training(tmp_path):
    history.write(EPOCHS, tmp_path)
    for number, source in enumerate((EPOCHS, tmp_path, str(tmp_path / 'history.csv'))):
        path = tmp_path / f'{number}.png'
        plot_training_history(source, path)
        assert path.read_bytes() == (tmp_path / 'history.png').read_bytes()


@pytest.mark.parametrize('text, complaint', [
    (None, 'cannot read .*history.csv: No such file'),
    ('a,b\n1,2\n', 'is not the history of a training'),
    ('epoch,loss,learning_rate\n', 'the history has no epochs')])
def test_what_is_no_history(tmp_path, text, complaint):
    path = tmp_path / 'history.csv'
    if text is not None:
        path.write_text(text)
    with pytest.raises(SerError, match=complaint):
        plot_training_history(path, tmp_path / 'x.png')
    assert not (tmp_path / 'x.png').exists()
