# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The gain of an adaptation, as a report and as the new model's card."""

import numpy as np

from ser_ros.adaptation.adapt import Adaptation, Settings, describe, written_precisions
from ser_ros.errors import listed
from ser_ros.evaluation import metrics
from ser_ros.evaluation.cells import percent
from ser_ros.evaluation.document import Block, Heading, Table, Text
from ser_ros.evaluation.threshold import describe_answers


def report(adaptation: Adaptation) -> list[Block]:
    """Return the comparison of before and after on held-out clips."""
    how = ('each speaker by a model trained on the others' if adaptation.held_out == 'speakers'
           else 'each clip by a model trained on other clips, some of them of the same speaker')
    return [
        Heading('Before and after, on held-out clips', 2),
        Text(f'Cross-validation classifies every clip once, {how}. Figures are in %, with 95 % '
             f'intervals by bootstrap over {adaptation.resampled}. The difference is paired. All '
             'labels of the model are possible answers.'),
        *_left_out(adaptation),
        _figures(adaptation),
        Heading('Recall by emotion', 2),
        _recalls(adaptation)]


def _left_out(adaptation: Adaptation) -> list[Block]:
    counts = {'unreadable': adaptation.unreadable, 'without speech': len(adaptation.silent)}
    reasons = ', '.join(f'{count} {reason}' for reason, count in counts.items() if count)
    return [Text(f'Files left out: {reasons}.')] if reasons else []


def _figures(adaptation: Adaptation) -> Table:
    both = adaptation.before, adaptation.after
    classes = len(adaptation.model.info.labels)
    intervals = [metrics.bootstrap(adaptation.truth, answers, adaptation.groups, classes)
                 for answers in both]
    counts = [adaptation.confusion(answers) for answers in both]
    difference = adaptation.difference
    low, high = difference.interval
    rows = [['UAR', *(_with_interval(metrics.uar(count), values['uar'])
                      for count, values in zip(counts, intervals, strict=True)),
             f'{100 * difference.uar:+.1f} ({100 * low:+.1f}..{100 * high:+.1f})']]
    accuracies = [metrics.accuracy(count) for count in counts]
    rows.append(['accuracy', *(_with_interval(value, values['accuracy'])
                               for value, values in zip(accuracies, intervals, strict=True)),
                 f'{100 * (accuracies[1] - accuracies[0]):+.1f}'])
    return Table(['', 'before', 'after', 'difference'], rows)


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f'{percent(value)} ({percent(interval[0])}..{percent(interval[1])})'


def _recalls(adaptation: Adaptation) -> Table:
    before, after = (metrics.recalls(adaptation.confusion(answers))
                     for answers in (adaptation.before, adaptation.after))
    present = np.unique(adaptation.truth)
    return Table(['', 'clips', 'before', 'after'], [
        [adaptation.model.info.labels[index], str(int(np.sum(adaptation.truth == index))),
         percent(before[index]), percent(after[index])] for index in present])


def verdict(adaptation: Adaptation) -> str:
    """Say in a sentence whether the adaptation helps."""
    difference = adaptation.difference
    if difference.uar <= 0:
        return 'The adapted model is not better on held-out clips.'
    if difference.interval[0] <= 0:
        return ('The adapted model is better on held-out clips, but the difference may be chance. '
                'More clips would give a clearer answer.')
    return 'The adapted model is better on held-out clips.'


def _threshold(adaptation: Adaptation) -> list[Block]:
    """Say how right the answers are: of clips that the threshold was not chosen on."""
    if adaptation.threshold is None:
        return []
    chosen = adaptation.threshold.all
    reached = '' if chosen.reached else ' No threshold reaches this share on these clips.'
    share = f'{adaptation.threshold.accuracy:.0%}'
    return [Heading('Confidence threshold', 2), Text(
        f'The model names an emotion if its confidence is at least {chosen.min_confidence:.2f} '
        f'(min_confidence). The value was chosen on all clips for {share} right answers.{reached} '
        'Cross-validation, with the temperature and the threshold of the other folds: '
        f'{describe_answers(adaptation.threshold.cross_validated)}.')]


def card(adaptation: Adaptation, settings: Settings) -> list[Block]:
    """Return the text of the new model's README.md."""
    source = adaptation.model.info
    files = ', '.join(f'{name}.onnx' for name in written_precisions(adaptation.model))
    counts = {label: int(np.sum(adaptation.truth == index))
              for index, label in enumerate(source.labels)}
    missing = [label for label, count in counts.items() if not count]
    blocks: list[Block] = [
        Heading(settings.name, 1),
        Text(f"{source.name} {source.version}, adapted by ser_ros adapt with the user's own clips. "
             'Only the last layer was retrained. The input, the network and the limits on the '
             f'card of {source.name} still apply, but its figures do not.'),
        Table(['', ''], [
            ['Answers', ', '.join(source.labels)], ['Files', files],
            ['Adapted with', describe(adaptation)], ['Licence', source.licence],
            ['Licence of the clips', settings.licence],
            ['Settings', f'keep {settings.keep:g}, seed {settings.seed}']]),
        Text(verdict(adaptation)), *report(adaptation), *_threshold(adaptation),
        Heading('Limits', 2),
        Text('The accuracy for other people and microphones was not measured again. It may be '
             'worse now. Measure it with ser_ros evaluate on clips of other people.')]
    if missing:
        blocks.append(Text(f'No clips of {listed(missing)} were given, so the accuracy for '
                           'these emotions after the adaptation is unknown.'))
    return blocks
