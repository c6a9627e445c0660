"""Filters of runs, experiments and models: MLflow's text, as clauses.

    metrics.accuracy > 0.9 and params.optimizer = 'adam' and tags.team LIKE 'v%'

A clause is a key, an operator and a value; clauses are joined by `and`. `attributes.` may be left
out before `run_id`, `run_name`, `status`, `start_time`, `end_time` and `user_id`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from tidefall.base import errors

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<word>(?:metrics?|params?|parameters?|tags?|attributes?|attr|run|datasets?)\.
        (?:`[^`]*`|"[^"]*"|[\w.\-/]+) | [A-Za-z_][\w.\-/]*)
    |(?P<op><=|>=|!=|=|<|>)
    |(?P<text>'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.)*")
    |(?P<number>[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)
    |(?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_KINDS = {
    "metric": "metric", "metrics": "metric",
    "param": "param", "params": "param", "parameter": "param", "parameters": "param",
    "tag": "tag", "tags": "tag",
    "attribute": "attribute", "attributes": "attribute", "attr": "attribute", "run": "attribute",
}  # fmt: skip
_TEXT_OPS = ("=", "!=", "LIKE", "ILIKE", "IN", "NOT IN")
_NUMBER_OPS = ("=", "!=", "<", "<=", ">", ">=")


class Clause(NamedTuple):
    """One condition: what kind of thing, which, the operator, and the value or values."""

    kind: str
    key: str
    op: str
    value: Any


def parse_filter(text: str) -> list[Clause]:
    """Return the clauses of a filter.

    Raises:
        InvalidArgumentError: it is none.
    """
    tokens = _tokens(text)
    clauses, position = [], 0
    while position < len(tokens):
        if clauses:
            if tokens[position][1].upper() != "AND":
                raise _bad(text, f"'and' was expected before {tokens[position][1]!r}")
            position += 1
        clause, position = _clause(text, tokens, position)
        clauses.append(clause)
    return clauses


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.end() == position:
            raise _bad(text, f"{text[position : position + 20]!r} was not understood")
        position = match.end()
        kind = match.lastgroup or ""
        tokens.append((kind, match.group(kind)))
    return tokens


def _clause(text: str, tokens: list[tuple[str, str]], at: int) -> tuple[Clause, int]:
    if at + 2 >= len(tokens) or tokens[at][0] not in ("word", "text"):
        raise _bad(text, "a key, an operator and a value were expected")
    kind, key = parse_key(tokens[at][1])
    op, at = tokens[at + 1][1].upper(), at + 2
    if op == "NOT" and at < len(tokens) and tokens[at][1].upper() == "IN":
        op, at = "NOT IN", at + 1
    is_number = kind == "metric" or (kind == "attribute" and key in ("start_time", "end_time"))
    if op not in (_NUMBER_OPS if is_number else _TEXT_OPS):
        raise _bad(text, f"{op!r} does not compare a {kind}")
    if op in ("IN", "NOT IN"):
        return _list_clause(text, tokens, at, Clause(kind, key, op, None))
    if at >= len(tokens) or tokens[at][0] != ("number" if is_number else "text"):
        expected = "a number" if is_number else "a text in quotes"
        raise _bad(text, f"{expected} was expected after {key} {op}")
    value = float(tokens[at][1]) if is_number else _unquoted(tokens[at][1])
    return Clause(kind, key, op, value), at + 1


def _list_clause(
    text: str, tokens: list[tuple[str, str]], at: int, clause: Clause
) -> tuple[Clause, int]:
    listed = []
    if at >= len(tokens) or tokens[at][1] != "(":
        raise _bad(text, "a list in parentheses was expected")
    at += 1
    while at < len(tokens) and tokens[at][1] != ")":
        if tokens[at][0] == "text":
            listed.append(_unquoted(tokens[at][1]))
        elif tokens[at][1] != ",":
            raise _bad(text, "a list of texts in quotes was expected")
        at += 1
    if at >= len(tokens) or not listed:
        raise _bad(text, "the list is empty or not closed")
    return clause._replace(value=listed), at + 1


def parse_key(word: str) -> tuple[str, str]:
    """Return what kind of thing a key names, and which."""
    prefix, dot, rest = word.partition(".")
    if dot and prefix.lower() in _KINDS:
        return _KINDS[prefix.lower()], rest.strip('`"')
    return "attribute", word.strip('`"')


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]).replace("''", "'")


def matches(clause: Clause, attributes: Mapping[str, str], tags: Mapping[str, str]) -> bool:
    """Return whether a thing's attributes and tags meet a clause.

    Raises:
        InvalidArgumentError: there is no such attribute, or the operator does not apply.
    """
    if clause.kind == "tag":
        value = tags.get(clause.key)
    elif clause.kind == "attribute" and clause.key in attributes:
        value = attributes[clause.key]
    else:
        raise errors.InvalidArgumentError(
            None, None, f"filter: {clause.key!r}; one of {[*attributes]} or a tag was expected"
        )
    if value is None:
        return False
    if clause.op in ("LIKE", "ILIKE"):
        flags = re.DOTALL | (re.IGNORECASE if clause.op == "ILIKE" else 0)
        words = re.escape(clause.value).replace("%", ".*").replace("_", ".")
        return re.fullmatch(words, value, flags) is not None
    if clause.op in ("IN", "NOT IN"):
        return (value in clause.value) == (clause.op == "IN")
    return (value == clause.value) == (clause.op == "=")


def _bad(text: str, why: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"filter {text[:200]!r}: {why}")
