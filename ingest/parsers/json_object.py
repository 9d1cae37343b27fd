r"""A JSON object inside a text, with the place of every value.

    items, end = scan_object('x {"doi": "10.1/a", "journal": {"name": "B"}}', 2)
    items[0]      # Item(("doi",), "10.1/a", 11, 17): the place is that of the text in the quotes

Values inside an array get their index as the last part of the key. It checks nothing about the
content; a value with escapes (``\n``) decodes to other characters than stand at its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DECODER = json.JSONDecoder(strict=False)
_SPACE = " \t\r\n"
_DEEPEST = 20


@dataclass(frozen=True, slots=True)
class Item:
    """A value that is no object or array, under its keys."""

    key: tuple[str, ...]
    value: str | float | bool | None
    start: int  #: place of the value; for a string, of what stands between the quotes
    end: int


def object_at(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    """The object that starts at ``text[start]`` and where it ends, or None."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def scan_object(text: str, start: int) -> tuple[tuple[Item, ...], int]:
    """Every value of the well-formed object at ``text[start]``, and where the object ends."""
    end = _DECODER.raw_decode(text, start)[1]
    return tuple(_members(text, start, (), 0)), end


def _members(text: str, start: int, key: tuple[str, ...], depth: int) -> Iterator[Item]:
    """Walk the object or array whose bracket is at ``start``."""
    is_object = text[start] == "{"
    position, index = _skip(text, start + 1), 0
    while text[position] not in "}]":
        name = str(index)
        if is_object:
            name, position = _DECODER.raw_decode(text, position)
            position = _skip(text, _skip(text, position) + 1)
        value, end = _DECODER.raw_decode(text, position)
        if isinstance(value, dict | list):
            if depth < _DEEPEST:
                yield from _members(text, position, (*key, name), depth + 1)
        elif isinstance(value, str):
            yield Item((*key, name), value, position + 1, end - 1)
        else:
            yield Item((*key, name), value, position, end)
        position, index = _skip(text, end), index + 1
        if text[position] == ",":
            position = _skip(text, position + 1)


def _skip(text: str, position: int) -> int:
    while text[position] in _SPACE:
        position += 1
    return position
