# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What an adaptation is worth, as a report and as the new model's card."""

import numpy as np

from ser_ros.adaptation.adapt import Adaptation, Settings, describe, written_precisions
from ser_ros.evaluation import metrics
from ser_ros.evaluation.document import Block, Heading, Table, Text
from ser_ros.evaluation.report import percent
from ser_ros.evaluation.threshold import describe_answers


def report(found: Adaptation) -> list[Block]:
    """Return the comparison of before and after on held-out clips."""
    how = ('each speaker by a model that has heard the others' if found.held_out == 'speakers'
           else 'each clip by a model that has heard other clips, also of the same speaker')
    return [
        Heading('Before and after, on held-out clips', 2),
        Text(f'Cross-validated: every clip is answered once, {how}. In %, with 95 % intervals by '
             f'bootstrap over {found.resampled}; the difference is paired. All labels of the '
             'model may be answered.'),
        *_left_out(found),
        _figures(found),
        Heading('Recall by emotion', 2),
        _recalls(found)]


def _left_out(found: Adaptation) -> list[Block]:
    counts = {'that cannot be read': found.unreadable, 'without speech': len(found.silent)}
    reasons = ', '.join(f'{count} {reason}' for reason, count in counts.items() if count)
    return [Text(f'Files that are left out: {reasons}.')] if reasons else []


def _figures(found: Adaptation) -> Table:
    intervals = [metrics.bootstrap(found.truth, answers, found.groups, len(found.model.info.labels))
                 for answers in (found.before, found.after)]
    counts = [found.confusion(answers) for answers in (found.before, found.after)]
    difference = found.difference
    low, high = difference.interval
    rows = [['UAR', *(_with_interval(metrics.uar(entry), values['uar'])
                      for entry, values in zip(counts, intervals, strict=True)),
             f'{100 * difference.uar:+.1f} ({100 * low:+.1f}..{100 * high:+.1f})']]
    accuracies = [metrics.accuracy(entry) for entry in counts]
    rows.append(['accuracy', *(_with_interval(value, values['accuracy'])
                               for value, values in zip(accuracies, intervals, strict=True)),
                 f'{100 * (accuracies[1] - accuracies[0]):+.1f}'])
    return Table(['', 'before', 'after', 'difference'], rows)


def _with_interval(value: float, interval: tuple[float, float]) -> str:
    return f'{percent(value)} ({percent(interval[0])}..{percent(interval[1])})'


def _recalls(found: Adaptation) -> Table:
    before, after = (metrics.recalls(found.confusion(answers))
                     for answers in (found.before, found.after))
    present = np.unique(found.truth)
    return Table(['', 'clips', 'before', 'after'], [
        [found.model.info.labels[index], str(int(np.sum(found.truth == index))),
         percent(before[index]), percent(after[index])] for index in present])


def verdict(found: Adaptation) -> str:
    """Say in a sentence whether the adaptation helps."""
    difference = found.difference
    if difference.uar <= 0:
        return 'The adapted model is not better on held-out clips.'
    if difference.interval[0] <= 0:
        return ('The adapted model is better on held-out clips, but by no more than chance could '
                'make it: more clips would tell.')
    return 'The adapted model is better on held-out clips.'


def _threshold(found: Adaptation) -> list[Block]:
    """Say how right the answers are: of clips that the threshold was not chosen on."""
    if found.threshold is None:
        return []
    chosen = found.threshold.all
    reached = '' if chosen.reached else ', which no threshold reaches on these clips'
    return [Heading('When an emotion is named', 2), Text(
        f'From a confidence of {chosen.min_confidence:.2f} on (min_confidence), chosen on all '
        f'clips so that {found.threshold.accuracy:.0%} of the answers are right{reached}. '
        'With temperature and threshold of the other folds, so on clips that neither was chosen '
        f'on: {describe_answers(found.threshold.cross_validated)}.')]


def card(found: Adaptation, settings: Settings) -> list[Block]:
    """Return the text of the new model's README.md."""
    source = found.model.info
    files = ', '.join(f'{name}.onnx' for name in written_precisions(found.model))
    counts = {label: int(np.sum(found.truth == index))
              for index, label in enumerate(source.labels)}
    missing = [label for label, count in counts.items() if not count]
    blocks: list[Block] = [
        Heading(settings.name, 1),
        Text(f'{source.name} {source.version}, adapted by ser_ros adapt with clips of its user: '
             'the last layer is learnt anew, all before it is as it was. What the card of '
             f'{source.name} says of its input, its network and its limits still holds; its '
             'figures do not.'),
        Table(['', ''], [
            ['Answers', ', '.join(source.labels)], ['Files', files],
            ['Adapted with', describe(found)], ['Licence', source.licence],
            ['Licence of the clips', settings.licence],
            ['Settings', f'keep {settings.keep:g}, seed {settings.seed}']]),
        Text(verdict(found)), *report(found), *_threshold(found), Heading('Limits', 2),
        Text('How other people and other microphones are understood was not measured again, and '
             'may have become worse: ser_ros evaluate tells, on clips of such.')]
    if missing:
        blocks.append(Text(f'No clips of {", ".join(missing)} were given: how well these are told '
                           'from the others after the adaptation is unknown.'))
    return blocks
