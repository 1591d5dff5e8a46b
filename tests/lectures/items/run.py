"""All sections, and their values: each item is computed once in a process, however many tests look at it."""

from functools import cache
from importlib import import_module

from lecture_items.base import ITEMS, SECTIONS, Item

import nn

for section in SECTIONS:
    import_module(f"lecture_items.{section}")


@cache
def values() -> dict:
    return {}


def value_of(item: Item) -> list:
    if item.id not in values():
        nn.manual_seed(0)
        values()[item.id] = item.run()
    return values()[item.id]


def of_section(section: str) -> list[Item]:
    """The items of a section in the order of the checklist."""
    order = SECTIONS[section][1]
    return sorted((i for i in ITEMS if i.id in order), key=lambda i: order.index(i.id))
