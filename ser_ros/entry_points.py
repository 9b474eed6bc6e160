# Copyright 2026 The ser_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The entry points that installed Python packages declare in their metadata."""

import importlib
import logging
from typing import Any, Dict, Iterator, List, Tuple

LOGGER = logging.getLogger(__name__)


def entry_points(group: str) -> Dict[str, str]:
    """Return where the things of a group are, by name; of equal names the first on the path counts.

    Args:
        group: such as ``'ser_ros.feature_sets'``.

    Returns:
        Places for `load`.
    """
    places: Dict[str, str] = {}
    for distribution in _distributions():
        try:
            points = _points(distribution, group)
        except Exception as error:  # metadata of others, which may be broken in any way
            LOGGER.warning('the entry points of the Python package %s cannot be read: %s: %s',
                           getattr(distribution, '_path', distribution), type(error).__name__,
                           error)
            continue
        for name, place in points:
            places.setdefault(name, place)
    return places


def load(place: str) -> Any:
    """Import a thing.

    Args:
        place: ``'package.module:attribute'``.

    Raises:
        Exception: whatever the import of its module raises.
    """
    module, _, attributes = place.partition(':')
    thing = importlib.import_module(module)
    for attribute in filter(None, attributes.split('.')):
        thing = getattr(thing, attribute)
    return thing


def _distributions() -> Iterator[Any]:
    try:
        from importlib.metadata import distributions
    except ImportError:  # Python 3.6 and 3.7
        try:
            from pkg_resources import working_set
        except ImportError:
            return iter(())
        return iter(working_set)
    return iter(distributions())


def _points(distribution: Any, group: str) -> List[Tuple[str, str]]:
    if hasattr(distribution, 'get_entry_map'):  # of pkg_resources
        return [(point.name, f"{point.module_name}:{'.'.join(point.attrs)}")
                for point in distribution.get_entry_map(group).values()]
    return [(point.name, point.value.partition('[')[0].strip())
            for point in distribution.entry_points if point.group == group]
