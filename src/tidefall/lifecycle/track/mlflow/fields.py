"""Fields of requests, checked; pairs as MLflow writes them; pages of long lists."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tidefall.base import errors


def text(given: Mapping[str, Any], name: str, default: str | None = None) -> str:
    """Return a field that is a text; without a default it must be there."""
    value = given.get(name, default)
    if value is None or (not value and default is None):
        raise _missing(name)
    return str(value)


def whole(given: Mapping[str, Any], name: str, default: int | None = None) -> int:
    """Return a field that is a whole number; without a default it must be there."""
    value = given.get(name, default)
    if value is None:
        raise _missing(name)
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        raise _wrong(name, value, "a whole number") from None


def number(given: Mapping[str, Any], name: str) -> float:
    """Return a field that is a number."""
    try:
        return float(given[name])
    except KeyError:
        raise _missing(name) from None
    except (TypeError, ValueError):
        raise _wrong(name, given[name], "a number") from None


def listed(given: Mapping[str, Any], name: str) -> list[Any]:
    """Return a field that is a list; [] where it is not there."""
    value = given.get(name) or []
    return value if isinstance(value, list) else [value]


def pairs(given: Mapping[str, Any], name: str) -> dict[str, str]:
    """Return a list of {"key", "value"} as a mapping."""
    found = {}
    for item in listed(given, name):
        if not isinstance(item, dict):
            raise _wrong(name, item, "an object with key and value")
        found[text(item, "key")] = text(item, "value", "")
    return found


def as_pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a mapping as a list of {"key", "value"}."""
    return [{"key": key, "value": value} for key, value in values.items()]


def page(given: Mapping[str, Any], default: int = 1000, most: int = 50_000) -> tuple[int, int]:
    """Return the size of a page and how many come before it.

    Raises:
        InvalidArgumentError: max_results or page_token is none.
    """
    size = whole(given, "max_results", default)
    if not 0 < size <= most:
        raise _wrong("max_results", size, f"1 to {most}")
    token = given.get("page_token") or ""
    try:
        before = int(base64.urlsafe_b64decode(token)) if token else 0
    except (ValueError, TypeError, binascii.Error):
        raise _wrong("page_token", token, "what the page before gave") from None
    return size, before


def next_page(found: Sequence[Any] | Iterable[Any], size: int, before: int) -> dict[str, str]:
    """Return the token of the next page, where this one is full."""
    if len(list(found)) < size:
        return {}
    return {"next_page_token": base64.urlsafe_b64encode(str(before + size).encode()).decode()}


def finite(value: Any) -> Any:
    """Return a value with NaN and infinities as texts, as protobuf writes them in JSON."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value


def _missing(name: str) -> errors.InvalidArgumentError:
    return errors.InvalidArgumentError(None, None, f"Missing value for required parameter '{name}'")


def _wrong(name: str, value: Any, expected: str) -> errors.InvalidArgumentError:
    message = f"Invalid value {str(value)[:100]!r} for parameter '{name}': {expected} was expected"
    return errors.InvalidArgumentError(None, None, message)
