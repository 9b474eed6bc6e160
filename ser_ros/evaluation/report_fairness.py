# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The part of a report on low and high voices, women and men."""

from collections.abc import Mapping

from ser_ros.evaluation.cells import counted, percent
from ser_ros.evaluation.document import Block, Heading, Table, Text
from ser_ros.evaluation.fairness import MIN_CLIPS, Fairness, gaps

TITLES = {'pitch': 'By pitch of the voice', 'sex': 'By sex of the speaker'}


def build(fairness: Mapping[str, Fairness]) -> list[Block]:
    """Return the tables of all corpora; nothing where no speaker is known."""
    tables: list[Block] = []
    for kind, title in TITLES.items():
        table = _table(fairness, kind)
        if table.rows:
            tables += [Heading(title, 3), table]
    if not tables:
        return []
    return [
        Heading('Low and high voices, women and men', 2),
        Text('Answers per clip, from all classes of the model. Recall of neutral: of the clips '
             'spoken neutrally, the share heard as neutral. Precision: of the clips heard as the '
             'emotion, the share that is right. The pitch of a voice is the median over the '
             "speaker's neutral clips, or over all clips where none is neutral. The gap is in "
             'percentage points, between the best and the worst group. It leaves out shares of '
             f'fewer than {MIN_CLIPS} clips.'),
        *tables]


def _table(fairness: Mapping[str, Fairness], kind: str) -> Table:
    names: dict[str, None] = {}
    rows = []
    for corpus, found in fairness.items():
        groups = found.groups.get(kind, [])
        for group in groups:
            names.update(dict.fromkeys(group.rates))
            rows.append([corpus, group.name, f'{group.clips}, {group.speakers}',
                         *(counted(rate.share, rate.right, rate.of)
                           for rate in group.rates.values())])
        if len(groups) > 1:
            rows.append([corpus, 'gap', '', *(percent(gap) for gap in gaps(groups).values())])
    return Table(['corpus', 'voices', 'clips, speakers', *names], rows)
