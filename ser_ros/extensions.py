# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What other packages add to ser_ros: feature sets, backends, networks, augmentations, models.

A package names what it adds as entry points in its own metadata, by the name that users write::

    entry_points={'ser_ros.feature_sets': ['mine/1 = my_package.features:Mine']}

See docs/extending.md.
"""

from typing import Any, Callable, Dict, Generic, Iterator, Mapping, TypeVar

from ser_ros.entry_points import entry_points, load
from ser_ros.errors import SerError, listed

Thing = TypeVar('Thing')


class Registry(Generic[Thing]):
    """Things by name: those of ser_ros, those that were set, and those of other packages.

    Nothing is imported before it is asked for by its name. A name of ser_ros cannot be taken by
    another package.
    """

    def __init__(self, kind: str, group: str, own: Mapping[str, str],
                 check: Callable[[str, Any], Thing] = lambda _, found: found):
        """List the things of ser_ros.

        Args:
            kind: what they are, for the text of errors.
            group: name of the group of entry points.
            own: where each is, as in an entry point: ``'package.module:attribute'``.
            check: takes a name and what the entry point leads to; returns the thing or raises
                SerError.
        """
        self._kind = kind
        self._group = group
        self._own = own
        self._check = check
        self._loaded: Dict[str, Thing] = {}

    def __iter__(self) -> Iterator[str]:
        """Yield the names, those of ser_ros first."""
        names = list(self._own) + sorted(self._loaded) + sorted(entry_points(self._group))
        return iter(dict.fromkeys(names))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._own or name in self._loaded or name in entry_points(self._group)

    def __setitem__(self, name: str, thing: Thing) -> None:
        """Add or replace a thing, in this process only."""
        self._loaded[name] = thing

    def __getitem__(self, name: str) -> Thing:
        """Return a thing.

        Raises:
            SerError: if there is none of this name, or another package's cannot be loaded.
        """
        if name not in self._loaded:
            self._loaded[name] = self._check(name, self._load(name))
        return self._loaded[name]

    def _load(self, name: str) -> Any:
        if name in self._own:
            return load(self._own[name])
        places = entry_points(self._group)
        if name not in places:
            raise SerError(
                f'unknown {self._kind} {name!r}; allowed: {listed(self)}')
        try:
            return load(places[name])
        except Exception as error:  # whatever the code of others raises
            raise SerError(
                f'the {self._kind} {name!r} cannot be loaded from another package (entry point '
                f'{places[name]} in the group {self._group}): '
                f'{type(error).__name__}: {error}') from error
