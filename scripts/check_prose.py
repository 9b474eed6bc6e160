#!/usr/bin/env python3
# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Check the English that users read; CONTRIBUTING.md says how we write.

Documents: the length of sentences and the number of semicolons, outside of code and tables.
Documents, configurations, messages and texts of the code (parameters, --help, errors, logs): words
and habits to avoid.
"""

import ast
import pathlib
import re
import sys
from typing import Dict, Iterator, List, NamedTuple, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENTS = ('*.md', 'docs/*.md', 'docker/*.md', 'models/*/*.md')
COMMENTED = ('config/**/*.yaml', 'msg/*.msg')
CODE = ('ser_ros/**/*.py', 'launch/*.py')
MAX_LINES = {'README.md': 179, 'README.ko.md': 179}

MAX_MEAN_WORDS = 20.0  # in a sentence
MAX_WORDS = 45
MAX_SEMICOLONS = 3.0  # in 1000 words

# What to avoid, and what to write instead.
HABITS: Tuple[Tuple[str, str], ...] = (
    (r'\banew\b', 'again, from scratch'),
    (r'\balike\b', 'equally, both'),
    (r'\btold\b|\btells?\b(?! (me|us|you)\b)', 'report, say, show, distinguish'),
    (r'(?<!there )\b(is|are|was|were) no\b(?! longer| more)', 'is not a (valid) ...'),
    (r'\bso (many|much|few|long)\b', 'the number itself, "as long as"'),
    (r'\bfrom [\d.]+ on\b', '... or newer, ... or more'),
    (r'\bfor want of\b', 'because there is no ...'),
    (r'\ball the same\b', 'anyway'),
    (r'\blearnt\b', 'learned, trained'),
)
# A sentence of prose that starts like this and is not a question has a clause as its subject.
CLAUSE_FIRST = re.compile(r'(What|Whatever|Whoever|Who)\b')
# A help text, a parameter's description or a cell of a table needs its noun.
FRAGMENT = re.compile(r'(of|that|by)\b')

SENTENCE_END = re.compile(r'(?<=[.!?])[)"*_]*\s+(?=[^a-z\s])')
TEXT_ARGUMENTS = ('help', 'description')
# Calls whose texts a user reads.
DECLARES = ('spec', 'key')
REPORTS = ('SerError', 'tell', 'debug', 'info', 'warning', 'warn', 'error', '_warn')


class Text(NamedTuple):
    """A text and where it stands."""

    path: str
    line: int
    text: str


class Prose(NamedTuple):
    """The sentences of a document and their figures."""

    sentences: List[Text]
    mean_words: float
    semicolons_per_1000_words: float


def words_of(text: str) -> List[str]:
    """Return the words; a lone sign, such as a dash, is not one."""
    return [word for word in text.split() if re.search(r'\w', word)]


def _blocks(path: str, document: str) -> Iterator[Text]:
    """Yield paragraphs and list items, without headings, code, tables, comments and pictures."""
    def blank(found: 're.Match[str]') -> str:
        return '\n' * found[0].count('\n')
    document = re.sub(r'^( *)```.*?^\1```', blank, document, flags=re.MULTILINE | re.DOTALL)
    document = re.sub(r'<!--.*?-->|!\[[^\]]*\]\([^)]*\)', blank, document, flags=re.DOTALL)
    lines: List[str] = []
    start = 0
    for number, line in enumerate(document.splitlines() + [''], 1):
        indented = line.startswith('    ') and not lines
        begins = re.match(r'\s*([-*]|\d+\.) ', line)
        ends = not line.strip() or re.match(r'\s*(#|\|)', line) or indented
        if (ends or begins) and lines:
            yield Text(path, start, ' '.join(lines))
            lines = []
        if not ends:
            start = start if lines else number
            lines.append(re.sub(r'^\s*([-*]|\d+\.) ', '', line).strip())


def prose_of(path: str, document: str) -> Prose:
    """Return the sentences of a Markdown text, and how long they are."""
    sentences = []
    for block in _blocks(path, document):
        plain = re.sub(r'\[([^\]]*)\]\([^)]*\)', r'\1', block.text)
        plain = re.sub('`[^`]*`', lambda found: re.sub(r'[\s.;]', '_', found[0]), plain)
        for sentence in SENTENCE_END.split(plain):
            if words_of(sentence):
                sentences.append(block._replace(text=sentence.strip()))
    words = sum(len(words_of(sentence.text)) for sentence in sentences)
    semicolons = sum(sentence.text.count(';') for sentence in sentences)
    return Prose(sentences, words / max(1, len(sentences)), 1000 * semicolons / max(1, words))


def habits_in(texts: List[Text]) -> List[str]:
    """Return a problem for each word or phrase to be avoided."""
    problems = []
    for text in texts:
        for pattern, better in HABITS:
            for found in re.finditer(pattern, text.text, re.IGNORECASE):
                problems.append(f'{text.path}:{text.line}: {found[0]!r}; better: {better}')
    return problems


def _fragments_in(texts: List[Text]) -> List[str]:
    return [f'{text.path}:{text.line}: begins with {text.text.split()[0]!r}; put a noun first'
            for text in texts if FRAGMENT.match(text.text.strip())]


def _cells(path: str, document: str) -> List[Text]:
    return [line._replace(text=cell)
            for line in _lines(path, document) if line.text.startswith('|')
            for cell in line.text.strip().strip('|').split('|')]


def _lines(path: str, text: str) -> List[Text]:
    return [Text(path, number, line) for number, line in enumerate(text.splitlines(), 1)]


def check_document(path: str, document: str) -> List[str]:
    """Return what is wrong with a Markdown text; an empty list if nothing is."""
    lines = _lines(path, document)
    problems = habits_in(lines) + _fragments_in(_cells(path, document))
    if len(lines) > MAX_LINES.get(path, len(lines)):
        problems.append(f'{path}: {len(lines)} lines, allowed: {MAX_LINES[path]}')
    if path.endswith('.ko.md'):
        return problems  # its sentences are Korean
    prose = prose_of(path, document)
    for sentence in prose.sentences:
        count = len(words_of(sentence.text))
        if count > MAX_WORDS:
            problems.append(f'{path}:{sentence.line}: a sentence of {count} words, allowed: '
                            f'{MAX_WORDS}: {sentence.text[:60]}...')
        if CLAUSE_FIRST.match(sentence.text) and not sentence.text.endswith('?'):
            problems.append(
                f'{path}:{sentence.line}: a clause as subject: {sentence.text[:60]}...')
    if prose.mean_words > MAX_MEAN_WORDS:
        problems.append(f'{path}: {prose.mean_words:.1f} words a sentence on average, '
                        f'allowed: {MAX_MEAN_WORDS:.0f}')
    if prose.semicolons_per_1000_words >= MAX_SEMICOLONS:
        problems.append(f'{path}: {prose.semicolons_per_1000_words:.1f} semicolons in 1000 words, '
                        f'allowed: fewer than {MAX_SEMICOLONS:.0f}')
    return problems


def _literal(node: ast.AST) -> str:
    """Return the text of a string; what is put into it counts as `...`."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ''
    if isinstance(node, ast.JoinedStr):
        return ''.join(_literal(part) if isinstance(part, ast.Constant) else '...'
                       for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _literal(node.left) + _literal(node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _literal(node.func.value)  # 'text'.format()
    return ''


def texts_of(path: str, source: str) -> Tuple[List[Text], List[Text]]:
    """Return the texts of Python code that users read: those that describe, those that report."""
    describing, reporting = [], []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, 'attr', getattr(node.func, 'id', ''))
            named = [word.value for word in node.keywords if word.arg in TEXT_ARGUMENTS]
            describing += [Text(path, node.lineno, _literal(value)) for value in named]
            texts = [Text(path, value.lineno, _literal(value)) for value in node.args]
            if name in DECLARES:
                describing += texts
            elif name in REPORTS:
                reporting += texts
        elif isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == 'ARGUMENTS':
            # Of the launch file: name, default, description, choices.
            describing += [Text(path, value.lineno, _literal(value.elts[2]))
                           for value in getattr(node.value, 'elts', [])]
    return describing, reporting


def check_code(path: str, source: str) -> List[str]:
    """Return what is wrong with the texts of a Python file."""
    describing, reporting = texts_of(path, source)
    return habits_in(describing + reporting) + _fragments_in(describing)


def _read(patterns: Tuple[str, ...]) -> Dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text(encoding='utf-8')
            for pattern in patterns for path in sorted(ROOT.glob(pattern))}


def check() -> List[str]:
    """Return what is wrong in this repository."""
    problems = []
    for path, text in _read(DOCUMENTS).items():
        problems += check_document(path, text)
    for path, text in _read(COMMENTED).items():
        problems += habits_in(_lines(path, text))
    for path, text in _read(CODE).items():
        problems += check_code(path, text)
    return problems


def main() -> int:
    """Print the figures with --figures, else the problems; return the exit code."""
    if '--figures' in sys.argv[1:]:
        for path, text in _read(DOCUMENTS).items():
            prose = prose_of(path, text)
            print(f'{path}: {prose.mean_words:.1f} words a sentence, '
                  f'{prose.semicolons_per_1000_words:.1f} semicolons in 1000 words')
        return 0
    problems = check()
    print('\n'.join(problems), end='\n' if problems else '')
    return int(bool(problems))


if __name__ == '__main__':
    sys.exit(main())
