# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is logged of problems that change."""

from ser_ros.nodes.few_lines import FewLines


class TestFewLines:
    def setup_method(self):
        self.now_s = 0.0
        self.lines = []
        self.log = FewLines(self.lines.append, lambda: self.now_s)

    def test_a_problem_is_said_once_until_it_is_over(self):
        for text in 'a', 'a', 'b', '', 'b':
            self.log(text)
        assert self.lines == ['a', 'b', 'b']

    def test_problems_that_change_with_every_message(self):
        for number in range(6000):  # 50 a second
            self.now_s += 0.02
            self.log(str(number))
        assert 20 <= len(self.lines) <= 24

    def test_a_problem_that_lasts_is_said_in_the_end(self):
        for text in [str(number) for number in range(20)] + ['lasting'] * 20:
            self.now_s += 1.0
            self.log(text)
        assert self.lines.count('lasting') == 1

    def test_a_long_one(self):
        self.log('x' * 10**6)
        assert len(self.lines[0]) <= 1000
