"""The space that is searched, and what is to be small or large there."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tidefall.base import errors

DIRECTIONS = ("minimize", "maximize")
_OPTUNA = {
    "Choice": "distributions.CategoricalDistribution",
    "Float": "distributions.FloatDistribution",
    "Int": "distributions.IntDistribution",
    "TrialPruned": "TrialPruned",
    "pruners": "pruners",
    "samplers": "samplers",
}
"""Names that are Optuna's own, and where it has them."""
Directions = str | Sequence[str] | Mapping[str, str]


def optuna() -> Any:
    """Return the module `optuna`.

    Raises:
        ImportError: it is not installed; says what to do.
    """
    try:
        import optuna as found
    except ImportError as error:
        message = "tidefall.tune needs Optuna, which is not installed: `pip install tidefall[tune]`"
        raise ImportError(message) from error
    return found


def __getattr__(name: str) -> Any:
    if name not in _OPTUNA:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = optuna()
    for part in _OPTUNA[name].split("."):
        found = getattr(found, part)
    return found


def invalid(message: str) -> errors.InvalidArgumentError:
    """Return an error about what was given."""
    return errors.InvalidArgumentError(None, None, message)


def distributions(space: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return Optuna's distributions.

    Args:
        space: by name a list of choices, a pair (low, high) of integers or of floats, both
            included, or a distribution of Optuna's.

    Returns:
        By name, distributions.

    Raises:
        InvalidArgumentError: an entry is none of these.

    >>> sorted(distributions({"rate": (0.1, 0.5), "units": (8, 64), "kind": ["a", "b"]}).items())
    ... # doctest: +ELLIPSIS
    [('kind', Categorical...), ('rate', Float...), ('units', Int...)]
    """
    if space is not None and not isinstance(space, Mapping):
        raise invalid(f"space: names and what their values come from were expected, got {space!r}")
    return {str(name): _distribution(str(name), given) for name, given in (space or {}).items()}


def _distribution(name: str, given: Any) -> Any:
    kinds = optuna().distributions
    if isinstance(given, kinds.BaseDistribution):
        return given
    try:
        if isinstance(given, list):
            return _choices(name, given)
        if isinstance(given, tuple) and len(given) == 2:
            low, high = given
            if _is_number(low) and _is_number(high):
                if isinstance(low, int) and isinstance(high, int):
                    return kinds.IntDistribution(low, high)
                return kinds.FloatDistribution(float(low), float(high))
    except ValueError as error:
        raise invalid(f"space[{name!r}] is {given!r}: {error}") from None
    raise invalid(
        f"space[{name!r}] is {given!r}; a list of choices, a pair (low, high) of numbers, "
        "tune.Float, tune.Int or tune.Choice was expected"
    )


def _choices(name: str, given: list[Any]) -> Any:
    for one in given:
        # Others cannot be stored: Optuna warns, and cannot go on with the study later.
        if one is not None and not isinstance(one, bool | int | float | str):
            raise invalid(
                f"space[{name!r}]: choices are None, booleans, numbers and texts, got {one!r}; "
                "name it by a text, and look it up in the objective"
            )
    return optuna().distributions.CategoricalDistribution(given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def named_directions(directions: Directions, builds_models: bool) -> dict[str, str]:
    """Return the direction of each objective by its name.

    Args:
        directions: "minimize" or "maximize", several of them, or one for each objective by name.
        builds_models: whether names are those of what Keras logs.

    Raises:
        InvalidArgumentError: a direction is none, or names are lacking.
    """
    if isinstance(directions, Mapping):
        named = {str(name): direction for name, direction in directions.items()}
    elif builds_models:
        if directions != "minimize":
            raise invalid(
                f"directions={directions!r}: a search that builds models takes them by name, such "
                'as {"val_accuracy": "maximize"}; "minimize" alone is {"val_loss": "minimize"}'
            )
        named = {"val_loss": directions}
    elif isinstance(directions, str):
        named = {"value": directions}
    else:
        named = {f"value_{i}": direction for i, direction in enumerate(directions)}
    for name, direction in named.items():
        if direction not in DIRECTIONS:
            raise invalid(
                f"direction of {name!r} is {direction!r}; one of {DIRECTIONS} is expected"
            )
    if not named:
        raise invalid("directions: at least one was expected, got none")
    return named
