"""Texts of a batch, and how they become words."""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tidefall.lifecycle.data_validation.failures import invalid, unimplemented

Tokenizer = Callable[[str], list[str]]


def texts_of(value: Any, what: str) -> list[str]:
    """Return the texts of a row: one, or a list of them.

    Raises:
        InvalidArgumentError: it holds something else.
    """
    found = []
    for one in np.asarray(value, object).reshape(-1).tolist():
        if isinstance(one, bytes):
            one = one.decode("utf-8", "replace")
        if not isinstance(one, str):
            raise invalid(f"{what}: expected texts, received {one!r}")
        found.append(one)
    return found


def ngrams(words: Sequence[str], orders: Sequence[int]) -> Counter[tuple[str, ...]]:
    """Return how often each sequence of words is there, of these lengths."""
    return Counter(
        tuple(words[start : start + order])
        for order in orders
        for start in range(len(words) - order + 1)
    )


def tokenizer_of(name: str) -> Tokenizer:
    """Return one of BLEU's tokenizers, with the results of sacreBLEU's of the same name.

    Args:
        name: "13a" (as mteval-v13a of NIST), "intl" (mteval-v14), "char" or "none".

    Raises:
        UnimplementedError: sacreBLEU has it, and this package does not.
        InvalidArgumentError: there is no such tokenizer.
    """
    if name in ("zh", "ja-mecab", "ko-mecab", "spm", "flores101", "flores200"):
        raise unimplemented(f"Bleu: tokenize {name!r}; 13a, intl, char and none are there")
    found = _TOKENIZERS.get(name)
    if found is None:
        raise invalid(f"Bleu: tokenize {name!r}, expected one of {sorted(_TOKENIZERS)}")
    return found


_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
# Of ASCII punctuation these four stand alone only beside the right neighbours.
_ALONE = re.compile(f"([{re.escape(''.join(set(string.punctuation) - set(',.-' + chr(39))))}])")
_AFTER_OTHERS = re.compile(r"([^0-9])([\.,])")
_BEFORE_OTHERS = re.compile(r"([\.,])([^0-9])")
_HYPHEN = re.compile(r"([0-9])(-)")


def _tokenize_13a(text: str) -> list[str]:
    text = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    if "&" in text:
        for entity, character in _ENTITIES:
            text = text.replace(entity, character)
    text = _ALONE.sub(r" \1 ", f" {text} ")
    text = _AFTER_OTHERS.sub(r"\1 \2 ", text)
    text = _BEFORE_OTHERS.sub(r" \1 \2", text)
    return _HYPHEN.sub(r"\1 \2 ", text).split()


def _tokenize_intl(text: str) -> list[str]:
    """Symbols stand alone; punctuation does where it is not between digits."""
    # As the rules of mteval-v14: pairs are taken from the left, and do not overlap.
    text = _pairs(text, lambda a, b: not _is_number(a) and _is_kind(b, "P"), "{0} {1} ")
    text = _pairs(text, lambda a, b: _is_kind(a, "P") and not _is_number(b), " {0} {1}")
    return "".join(f" {c} " if _is_kind(c, "S") else c for c in text).split()


def _pairs(text: str, matches: Callable[[str, str], bool], form: str) -> str:
    parts, place = [], 0
    while place < len(text):
        if place + 1 < len(text) and matches(text[place], text[place + 1]):
            parts.append(form.format(text[place], text[place + 1]))
            place += 2
        else:
            parts.append(text[place])
            place += 1
    return "".join(parts)


def _is_number(character: str) -> bool:
    return unicodedata.category(character)[0] == "N"


def _is_kind(character: str, kind: str) -> bool:
    return unicodedata.category(character)[0] == kind


_TOKENIZERS: dict[str, Tokenizer] = {
    "13a": _tokenize_13a,
    "intl": _tokenize_intl,
    "char": lambda text: [c for c in text if not c.isspace()],
    "none": str.split,
}
