# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A report of headings, text, tables and pictures, written as Markdown or as one HTML file."""

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Union
from urllib.parse import quote


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is that of the report."""

    text: str
    level: int


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True)
class Picture:
    """A PNG file beside the report."""

    name: str
    caption: str


Block = Union[Heading, Text, Table, Picture]

STYLE = '''
body { font: 16px/1.5 sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { border: 1px solid #bbb; padding: .2rem .6rem; text-align: right; }
th:first-child, td:first-child { text-align: left; }
figure { display: inline-block; margin: .5rem; }
img { max-width: 100%; }
'''


def save(blocks: Sequence[Block], folder: Path, name: str) -> str:
    """Write the report as NAME.md and NAME.html.

    Args:
        blocks: of the report.
        folder: where its pictures are, and the files go to.
        name: of the files, without the ending.

    Returns:
        The Markdown.
    """
    text = to_markdown(blocks)
    (folder / f'{name}.md').write_text(text, encoding='utf-8')
    (folder / f'{name}.html').write_text(to_html(blocks, folder), encoding='utf-8')
    return text


def to_markdown(blocks: Sequence[Block]) -> str:
    """Return the report as Markdown; its pictures are linked."""
    return '\n\n'.join(_markdown(block) for block in blocks) + '\n'


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f'{"#" * block.level} {block.text}'
    if isinstance(block, Picture):
        return f'![{block.caption}]({quote(block.name)})'
    if isinstance(block, Text):
        return block.text
    lines = [block.header, ['---'] * len(block.header), *block.rows]
    return '\n'.join(f'| {" | ".join(cell.replace("|", chr(92) + "|") for cell in row)} |'
                     for row in lines)


def to_html(blocks: Sequence[Block], folder: Path) -> str:
    """Return the report as one HTML file with its pictures inside.

    Args:
        folder: where the pictures are.
    """
    title = next((block.text for block in blocks if isinstance(block, Heading)), '')
    body = '\n'.join(_html(block, folder) for block in blocks)
    return (f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<title>{html.escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n'
            f'<body>\n{body}\n</body>\n</html>\n')


def _html(block: Block, folder: Path) -> str:
    if isinstance(block, Heading):
        return f'<h{block.level}>{html.escape(block.text)}</h{block.level}>'
    if isinstance(block, Text):
        return f'<p>{html.escape(block.text)}</p>'
    if isinstance(block, Picture):
        data = base64.b64encode((folder / block.name).read_bytes()).decode()
        caption = html.escape(block.caption)
        return (f'<figure><img alt="{caption}" src="data:image/png;base64,{data}">'
                f'<figcaption>{caption}</figcaption></figure>')
    rows = [_html_row('th', block.header), *(_html_row('td', row) for row in block.rows)]
    return '<table>\n' + '\n'.join(rows) + '\n</table>'


def _html_row(tag: str, cells: Sequence[str]) -> str:
    return '<tr>' + ''.join(f'<{tag}>{html.escape(cell)}</{tag}>' for cell in cells) + '</tr>'
