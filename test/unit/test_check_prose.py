# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""scripts/check_prose.py finds what it should, and nothing else."""

import importlib.util
import pathlib

import pytest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / 'scripts' / 'check_prose.py'
SHORT = 'The node reads a chunk. It writes a window. '


@pytest.fixture(scope='module')
def prose():
    spec = importlib.util.spec_from_file_location('check_prose', str(SCRIPT))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class TestSentences:
    def test_figures_of_a_known_text(self, prose):
        found = prose.prose_of('a.md', 'One two three; four. Five `six seven` eight!\n\nNine ten.')
        assert [sentence.text for sentence in found.sentences] == [
            'One two three; four.', 'Five `six_seven` eight!', 'Nine ten.']
        assert found.mean_words == pytest.approx(9 / 3)
        assert found.semicolons_per_1000_words == pytest.approx(1000 / 9)

    @pytest.mark.parametrize('text', [
        '```bash\na; b; c\n```', '    indented; code', '| a; table |\n|---|', '# Heading; of it',
        '<!-- a; comment -->', '![a; picture](x.svg)', '- item:\n  ```\n  a; b\n  ```'])
    def test_what_is_not_prose(self, prose, text):
        found = prose.prose_of('a.md', f'Before it.\n\n{text}\n\nAfter it.')
        assert found.semicolons_per_1000_words == 0
        assert {'Before it.', 'After it.'} <= {sentence.text for sentence in found.sentences}

    def test_a_list_item_ends_its_sentence(self, prose):
        found = prose.prose_of('a.md', 'A list:\n- one item\n- another\n  one\n1. first')
        assert [sentence.text for sentence in found.sentences] == [
            'A list:', 'one item', 'another one', 'first']

    def test_where_a_sentence_stands(self, prose):
        found = prose.prose_of('a.md', '# Title\n\n```\ncode\n```\n\nA line\nand one more.\n')
        assert [sentence.line for sentence in found.sentences] == [7]

    @pytest.mark.parametrize('text', [
        'Time is 0.5 s or 2.6 s.', 'It reads `a.b. C` whole.', 'The file ser.yaml holds it.'])
    def test_a_point_that_ends_nothing(self, prose, text):
        assert len(prose.prose_of('a.md', text).sentences) == 1

    def test_the_target_of_a_link_does_not_count(self, prose):
        assert prose.prose_of('a.md', 'See [the page](a;b;c).').semicolons_per_1000_words == 0


class TestDocument:
    def test_a_good_one(self, prose):
        assert prose.check_document('a.md', SHORT * 50) == []

    @pytest.mark.parametrize('text, problem', [
        ('word ' * 21 + '.', '21.0 words a sentence on average, allowed: 20'),
        (SHORT * 10 + 'Word ' * 46 + '.', 'a sentence of 46 words, allowed: 45'),
        ('One; two. ' + SHORT * 2, 'semicolons in 1000 words, allowed: fewer than 3'),
        ('What is lost warns.', 'a clause as subject: What is lost warns'),
        ('| a | b |\n|---|---|\n| x | of the model |', "begins with 'of'; put a noun first")])
    def test_a_bad_one(self, prose, text, problem):
        problems = prose.check_document('a.md', text)
        assert len(problems) == 1 and problem in problems[0]

    def test_a_question_may_begin_with_what(self, prose):
        assert prose.check_document('a.md', 'What is it? It is a node.') == []

    @pytest.mark.parametrize('text', [
        'It starts anew.', 'Both alike.', 'It is told.', 'The log tells why.', 'It is no model.',
        'So many windows.', 'As so long.', 'Read from 1.10 on.', 'Learnt from it.',
        '| alike |', '```\nalike\n```'])
    def test_each_habit_is_found_everywhere(self, prose, text):
        assert len(prose.check_document('a.md', text)) == 1

    @pytest.mark.parametrize('text', [
        'There is no GPU.', 'It is no longer there.', 'Untold.', 'Please tell me.'])
    def test_a_word_that_only_looks_like_one(self, prose, text):
        assert prose.check_document('a.md', text) == []

    def test_a_long_readme(self, prose):
        assert prose.check_document('README.md', 'Line.\n\n' * 89) == []
        problems = prose.check_document('README.md', 'Line.\n\n' * 90)
        assert problems == ['README.md: 180 lines, allowed: 179']

    def test_korean_has_other_sentences_but_the_same_limit(self, prose):
        text = '문장; ' * 100
        assert prose.check_document('a.ko.md', text) == []
        assert prose.check_document('README.ko.md', 'Line.\n\n' * 90)


class TestCode:
    @pytest.mark.parametrize('source', [
        "parser.add_argument('--a', help='starts anew')",
        "parser = add_parser('a', description='one ' 'alike')",
        "spec('name', 'the rest is told')",
        "raise SerError(f'{name} is no model')",
        "raise SerError('{} is no model'.format(name))",
        "logger.info('all ' + text + ' alike')",
        "ARGUMENTS = (('audio', '', 'starts anew', None),)"])
    def test_each_place_is_read(self, prose, source):
        assert len(prose.check_code('a.py', source)) == 1

    @pytest.mark.parametrize('source', [
        "parser.add_argument('--seed', help='of the folds')", "spec('name', 'that is used')"])
    def test_a_description_needs_its_noun(self, prose, source):
        assert len(prose.check_code('a.py', source)) == 1

    @pytest.mark.parametrize('source', [
        "alike = 'anew'", '# told\nx = 1', "parser.add_argument('--a', default='anew')"])
    def test_other_texts_are_not_checked(self, prose, source):
        assert prose.check_code('a.py', source) == []


def test_exit_code(prose, monkeypatch, capsys):
    monkeypatch.setattr(prose.sys, 'argv', ['check_prose.py'])
    monkeypatch.setattr(prose, 'check', lambda: ['a.md:1: a problem'])
    assert prose.main() == 1
    assert capsys.readouterr().out == 'a.md:1: a problem\n'
    monkeypatch.setattr(prose, 'check', lambda: [])
    assert prose.main() == 0
    assert capsys.readouterr().out == ''


def test_this_repository_passes(prose):
    assert prose.check() == []


def test_every_document_and_the_code_are_looked_at(prose):
    documents = prose._read(prose.DOCUMENTS)
    assert {'README.md', 'docs/architecture.md', 'models/small/README.md'} <= set(documents)
    assert {'config/ser.yaml', 'config/train/small.yaml', 'msg/Emotion.msg'} <= set(
        prose._read(prose.COMMENTED))
    described, reported = [], []
    for path, source in prose._read(prose.CODE).items():
        texts = prose.texts_of(path, source)
        described += texts[0]
        reported += texts[1]
    assert any('moving average' in text.text for text in described)
    assert any('params_file' in text.text for text in described)
    assert len(described) > 100 and len(reported) > 150
