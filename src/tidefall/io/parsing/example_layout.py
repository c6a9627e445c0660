"""Serialized examples of one layout, read together.

Programs write thousands of examples with the same features of the same sizes: their bytes differ in
the values only. The layout of one such string, found by walking its wire format once, is compared
with others of its length; those that have it are cut into columns with a few array operations.

Wire format: `Example {1: Features {1: entry {1: key, 2: Feature {1 | 2 | 3: list {1: values}}}}}`.
Whatever is written in another way than protobuf itself writes it has no layout here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tidefall.proto import varint

_KINDS = {0x0A: "bytes_list", 0x12: "float_list", 0x1A: "int64_list"}
_MESSAGE, _KEY, _VALUE = 0x0A, 0x0A, 0x12
_MAX_BYTES = 10  # of a varint


class NoLayout(Exception):
    """A string that has to be parsed by itself."""


@dataclass
class Part:
    """Where a feature's values stand: one span of packed numbers, or one for each string."""

    kind: str
    spans: list[tuple[int, int]]


class Layout:
    """What strings of one length have in common.

    Args:
        example: one of them.

    Attributes:
        parts: the features that hold a list, by key.

    Raises:
        NoLayout: it is no Example in protobuf's own spelling.
    """

    def __init__(self, example: bytes):
        self.parts: dict[str, Part] = {}
        self._example = example
        try:
            self._walk()
        except (ValueError, IndexError) as error:
            raise NoLayout(str(error)) from None
        fixed = np.ones(len(example), bool)
        for part in self.parts.values():
            for start, end in part.spans:
                fixed[start:end] = False
        self._places = np.flatnonzero(fixed)
        self._bytes = np.frombuffer(example, np.uint8)[self._places]
        last = [e - 1 for p in self.parts.values() if p.kind == "int64_list" for _, e in p.spans]
        self._last = np.array(last, np.intp)

    def fits(self, rows: np.ndarray) -> np.ndarray:
        """Which strings have this layout, of uint8 `[strings, length]`."""
        same = (rows[:, self._places] == self._bytes).all(1)
        return same & (rows[:, self._last] < 0x80).all(1)

    # ---- the walk over the wire format ----

    def _walk(self) -> None:
        position, end = 0, len(self._example)
        if end:
            position, end = self._field(0, end, _MESSAGE)
            self._at_end(end, len(self._example))
        while position < end:
            start, after = self._field(position, end, _MESSAGE)
            self._entry(start, after)
            position = after

    def _entry(self, start: int, end: int) -> None:
        key_start, key_end = self._field(start, end, _KEY)
        key = self._example[key_start:key_end].decode()
        if key in self.parts:
            raise NoLayout("a key stands twice")
        value_start, value_end = self._field(key_end, end, _VALUE)
        self._at_end(value_end, end)
        if value_start == value_end:
            return
        kind = _KINDS.get(self._example[value_start])
        if kind is None:
            raise NoLayout("a feature of unknown kind")
        list_start, list_end = self._field(value_start, value_end, self._example[value_start])
        self._at_end(list_end, value_end)
        self.parts[key] = Part(kind, self._spans(kind, list_start, list_end))

    def _spans(self, kind: str, start: int, end: int) -> list[tuple[int, int]]:
        spans = []
        while start < end:
            span = self._field(start, end, _MESSAGE)
            spans.append(span)
            start = span[1]
        if kind != "bytes_list" and len(spans) > 1:
            raise NoLayout("numbers in several pieces")
        if kind == "float_list" and any((b - a) % 4 for a, b in spans):
            raise NoLayout("floats of odd size")
        return [] if kind != "bytes_list" and spans and spans[0][0] == spans[0][1] else spans

    def _field(self, position: int, limit: int, tag: int) -> tuple[int, int]:
        """The contents of a field of known tag and of a length."""
        if position >= limit or self._example[position] != tag:
            raise NoLayout("another field")
        size, start = varint.decode(self._example, position + 1)
        if start + size > limit:
            raise NoLayout("a field runs past its message")
        return start, start + size

    def _at_end(self, position: int, end: int) -> None:
        if position != end:
            raise NoLayout("more fields")


# ---- many strings ----


@dataclass
class Group:
    """Strings of one layout.

    Attributes:
        layout: theirs.
        indices: their places in the batch.
        strings: themselves.
        rows: their bytes, uint8 `[strings, length]`.
    """

    layout: Layout
    indices: np.ndarray
    strings: Sequence[bytes]
    rows: np.ndarray

    def column(self, part: Part) -> tuple[np.ndarray, np.ndarray]:
        """The values of a feature, one string after the other, and how many each has.

        Raises:
            NoLayout: a string holds no numbers there.
        """
        count = len(self.strings)
        if part.kind == "bytes_list":
            values = np.empty(count * len(part.spans), object)
            for i, (start, end) in enumerate(part.spans):
                values[i :: len(part.spans)] = [string[start:end] for string in self.strings]
            return values, np.full(count, len(part.spans))
        if not part.spans:
            dtype = np.float32 if part.kind == "float_list" else np.int64
            return np.zeros(0, dtype), np.zeros(count, np.int64)
        ((start, end),) = part.spans
        raw = self.rows[:, start:end]
        if part.kind == "float_list":
            values = np.ascontiguousarray(raw).view("<f4").reshape(-1)
            return values, np.full(count, (end - start) // 4)
        return _integers(raw)


def _integers(raw: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The varints in rows of bytes, and how many each row has."""
    last = raw < 0x80
    counts = last.sum(1)
    if counts.min() == raw.shape[1]:
        return raw.reshape(-1).astype(np.int64), counts
    flat = raw.reshape(-1)
    ends = np.flatnonzero(last.reshape(-1))
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > _MAX_BYTES:
        raise NoLayout("a varint of more than 10 bytes")
    shifts = (np.arange(flat.size) - np.repeat(starts, lengths)) * 7
    bits = (flat & 0x7F).astype(np.uint64) << shifts.astype(np.uint64)
    return np.bitwise_or.reduceat(bits, starts).view(np.int64), counts


_FEW = 16
"""Layouts tried for one batch."""
_MAX_KNOWN = 256
_known: dict[int, list[Layout]] = {}


def groups_of(strings: Sequence[bytes]) -> tuple[list[Group], list[int]]:
    """Strings by layout, and the places of those that are left over."""
    by_length: dict[int, list[int]] = {}
    for i, length in enumerate(map(len, strings)):
        by_length.setdefault(length, []).append(i)
    groups: list[Group] = []
    rest: list[int] = []
    for length, indices in by_length.items():
        if len(groups) >= _FEW or (len(indices) == 1 and length not in _known and len(strings) > 1):
            rest += indices
            continue
        rest += _group(length, np.array(indices), [strings[i] for i in indices], groups)
    return groups, sorted(rest)


def _group(
    length: int, indices: np.ndarray, strings: Sequence[bytes], groups: list[Group]
) -> list[int]:
    """Add the groups of strings of one length; the places of those left over."""
    known = _known.get(length, [])
    rows = np.frombuffer(b"".join(strings), np.uint8).reshape(len(strings), length)
    for attempt in range(_FEW):
        is_new = attempt >= len(known)
        try:
            layout = Layout(strings[0]) if is_new else known[attempt]
        except NoLayout:
            break
        fits = layout.fits(rows)
        if fits.all():
            groups.append(Group(layout, indices, strings, rows))
            strings = []
        elif fits.any():
            taken = np.flatnonzero(fits)
            groups.append(
                Group(layout, indices[taken], [strings[i] for i in taken.tolist()], rows[taken])
            )
            left = np.flatnonzero(~fits)
            indices, strings, rows = indices[left], [strings[i] for i in left.tolist()], rows[left]
        if is_new:
            _remember(length, layout)
            known = _known[length]
        if not len(strings):
            return []
    return indices.tolist()


def _remember(length: int, layout: Layout) -> None:
    if sum(map(len, _known.values())) >= _MAX_KNOWN:
        _known.clear()
    _known.setdefault(length, []).append(layout)
