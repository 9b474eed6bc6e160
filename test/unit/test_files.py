# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders are gone through once, with what they are linked to."""

import os

import pytest

from ser_ros.files import Walk


@pytest.fixture
def tree(tmp_path):
    for name in ('root/b/2', 'root/a/1', 'root/0', 'elsewhere/deep/3'):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text('')
    return tmp_path


def walk(folder):
    """Return the files, the problems and the links that were not followed."""
    problems, links = [], []
    found = [os.path.relpath(os.path.join(parent, name), str(folder))
             for parent, names in Walk(str(folder), lambda path, reason: problems.append(reason),
                                       lambda path, reason: links.append(reason))
             for name in names]
    return found, problems, links


def test_in_the_order_of_names(tree):
    assert walk(tree / 'root') == (['0', 'a/1', 'b/2'], [], [])


def test_a_link_to_a_folder_is_followed(tree):
    (tree / 'root' / 'c').symlink_to(tree / 'elsewhere')
    assert walk(tree / 'root') == (['0', 'a/1', 'b/2', 'c/deep/3'], [], [])


def test_the_folder_may_itself_be_a_link(tree):
    (tree / 'link').symlink_to('root')
    assert walk(tree / 'link')[0] == ['0', 'a/1', 'b/2']


def test_two_links_to_one_folder_are_one(tree):
    (tree / 'root' / 'c').symlink_to(tree / 'elsewhere')
    (tree / 'root' / 'd').symlink_to(tree / 'elsewhere')
    found, problems, links = walk(tree / 'root')
    assert (found, problems) == (['0', 'a/1', 'b/2', 'c/deep/3'], [])
    assert len(links) == 1 and 'd is a link to' in links[0]


@pytest.mark.parametrize('target', ['.', '../a', '../b'])
def test_links_within_the_folder_are_not_followed(tree, target):
    (tree / 'root' / 'a' / 'loop').symlink_to(target)
    found, problems, links = walk(tree / 'root')
    assert (found, problems, len(links)) == (['0', 'a/1', 'b/2'], [], 1)


def test_a_loop_through_another_folder_ends(tree):
    (tree / 'root' / 'c').symlink_to(tree / 'elsewhere')
    (tree / 'elsewhere' / 'back').symlink_to(tree / 'root')
    (tree / 'elsewhere' / 'deep' / 'up').symlink_to('..')
    found, problems, links = walk(tree / 'root')
    assert (found, problems, len(links)) == (['0', 'a/1', 'b/2', 'c/deep/3'], [], 2)


def test_a_link_to_what_the_folder_lies_in_is_a_problem(tree):
    (tree / 'root' / 'up').symlink_to('..')
    found, problems, links = walk(tree / 'root')
    assert (found, links) == (['0', 'a/1', 'b/2'], [])
    assert len(problems) == 1 and 'is not followed' in problems[0]


def test_a_link_to_nothing_is_a_problem(tree):
    (tree / 'root' / 'gone').symlink_to('/nowhere/at/all')
    (tree / 'root' / 'self').symlink_to('self')
    found, problems, _ = walk(tree / 'root')
    assert found == ['0', 'a/1', 'b/2']
    assert [problem.split(' is a link')[1] for problem in problems] == [
        ' to /nowhere/at/all, which is not there', ' to self, which is not there']
