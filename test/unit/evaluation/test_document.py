# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The report as Markdown and as HTML."""

import base64
import html.parser

from ser_ros.evaluation.document import Heading, Picture, Table, Text, to_html, to_markdown

BLOCKS = [Heading('A & B', 1), Text('1 < 2'), Table(['', 'x|y'], [['a', '1'], ['<b>', '2']]),
          Picture('p.png', 'A picture')]


def test_markdown():
    assert to_markdown(BLOCKS) == (
        '# A & B\n\n1 < 2\n\n|  | x\\|y |\n| --- | --- |\n| a | 1 |\n| <b> | 2 |\n\n'
        '![A picture](p.png)\n')


def test_html_is_one_file_with_everything_inside(tmp_path):
    (tmp_path / 'p.png').write_bytes(b'picture')
    text = to_html(BLOCKS, tmp_path)
    assert '<title>A &amp; B</title>' in text and '<h1>A &amp; B</h1>' in text
    assert '<p>1 &lt; 2</p>' in text and '<td>&lt;b&gt;</td>' in text
    assert base64.b64encode(b'picture').decode() in text
    opened = []

    class Checker(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ('meta', 'img'):
                opened.append(tag)

        def handle_endtag(self, tag):
            assert opened.pop() == tag
    Checker().feed(text)
    assert not opened
