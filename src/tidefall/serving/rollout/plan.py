"""What an operator asks for: which versions of a model get which requests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, TypeVar

from tidefall.base import errors
from tidefall.base.type_guards import is_any_sequence, is_dict, is_mapping
from tidefall.serving.models.versions import MAX_VERSION
from tidefall.serving.rollout.drift import KINDS
from tidefall.serving.status import invalid

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

DEFAULT_STICKY_HEADER = "x-request-key"


@dataclass(frozen=True, slots=True)
class Shadow:
    """Copies of requests for a version that answers nobody.

    Args:
        version: the version that gets them.
        percent: how many of the requests, 0 to 100.
    """

    version: int
    percent: float = 100.0


@dataclass(frozen=True, slots=True)
class Guardrails:
    """What a candidate must keep to, measured beside the stable version at the same time.

    Args:
        error_rate: by how much its share of failed requests may exceed the stable version's.
        latency_quantile: the quantile of latency that is compared.
        latency_ratio: how many times the stable version's it may be.
        drift: how far the outputs of both may be apart, as a population stability index and, of
            numbers, as a relative shift (`rollout/drift.py`). Below 0.1 is usually called no
            change, above 0.25 a large one. None lets them be anything.
        drift_outputs: what is to be compared, as "signature/output", and of each its "classes" (the
            place of each row's largest value) or its "values". Empty compares every output, and
            finds out which hold scores of classes.
    """

    error_rate: float = 0.01
    latency_quantile: float = 0.99
    latency_ratio: float = 1.5
    drift: float | None = 0.25
    drift_outputs: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Canary:
    """A candidate that gets more requests step by step, as long as it keeps to the guardrails.

    Args:
        stable: the version that answers the rest.
        candidate: the version on trial.
        steps: its percentages, rising; after the last one it is promoted.
        step_seconds: the least time a step takes.
        step_requests: the least number of requests the candidate answers in a step.
        patience_seconds: a step that has not passed after this time ends the trial.
        guardrails: what it must keep to.
        false_rollback: how probable it may be, over the whole trial and however often it is looked
            at, that a candidate that keeps to the guardrails is found to break them.
        hold: whether steps are passed by whoever asks for the next one, not by the server. A
            guardrail that is broken ends the trial all the same.
    """

    stable: int
    candidate: int
    steps: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0)
    step_seconds: float = 300.0
    step_requests: int = 200
    patience_seconds: float = 86_400.0
    guardrails: Guardrails = field(default_factory=Guardrails)
    false_rollback: float = 0.01
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to the requests of one model that name no version.

    Args:
        split: weights by version. Shares are in proportion.
        canary: a trial, instead of a split.
        shadow: a version that gets copies.
        sticky_header: the header, or gRPC metadata, whose value keeps a client at one version.
        release: names the release that the plan is part of. A plan with the name of the one in
            force is the same plan: to put it in force again changes nothing.
    """

    split: Mapping[int, float] = field(default_factory=dict[int, float])
    canary: Canary | None = None
    shadow: Shadow | None = None
    sticky_header: str = DEFAULT_STICKY_HEADER
    release: str = ""

    def versions(self) -> set[int]:
        """The versions that must be there for the plan to work."""
        named = set(self.split)
        if self.canary:
            named |= {self.canary.stable, self.canary.candidate}
        if self.shadow:
            named.add(self.shadow.version)
        return named

    def as_json(self) -> dict[str, Any]:
        """The plan as `parse_plan` reads it."""
        document = {name: value for name, value in asdict(self).items() if value}
        if self.split:
            document["split"] = {str(version): weight for version, weight in self.split.items()}
        return document


def parse_plan(document: Any) -> Plan:
    """Reads a plan from parsed JSON.

    Raises:
        InvalidArgumentError: says which field is wrong, and what it should be.

    >>> plan = parse_plan({"split": {"1": 90, "2": 10}})
    >>> plan.split[2]
    10.0
    """
    plan = _read(Plan, document, "rollout")
    if plan.split and plan.canary:
        raise invalid("rollout: give either split or canary, not both")
    if not plan.sticky_header.isascii() or not plan.sticky_header.strip():
        raise invalid(f"rollout.sticky_header: not a header's name: {plan.sticky_header!r}")
    if plan.canary:
        _check_canary(plan.canary)
    if plan.shadow:
        _check_range("rollout.shadow.percent", plan.shadow.percent, 0, 100)
    return plan


def parse_plans(document: Any) -> dict[str, Plan]:
    """Reads a rollout config file: `{"models": {"digits": {"split": ...}}}`.

    Raises:
        InvalidArgumentError: says which model and field is wrong.
    """
    if not is_dict(document) or set(document) != {"models"}:
        raise invalid('a rollout config is an object with one key, "models"')
    models = document["models"]
    if not is_dict(models):
        raise invalid("models: expected an object with a rollout for each model's name")
    plans: dict[str, Plan] = {}
    for name, section in models.items():
        try:
            plans[name] = parse_plan(section)
        except errors.InvalidArgumentError as error:
            raise invalid(f"models.{name}: {error.message}") from None
    return plans


def _check_canary(canary: Canary) -> None:
    where = "rollout.canary"
    if canary.stable == canary.candidate:
        raise invalid(f"{where}: stable and candidate are both version {canary.stable}")
    if not canary.steps or list(canary.steps) != sorted(set(canary.steps)):
        raise invalid(f"{where}.steps: expected rising percentages, received {canary.steps}")
    for step in canary.steps:
        _check_range(f"{where}.steps", step, 0, 100)
    _check_range(f"{where}.step_seconds", canary.step_seconds, 0, math.inf)
    _check_range(f"{where}.step_requests", canary.step_requests, 1, math.inf)
    if canary.patience_seconds <= canary.step_seconds:
        raise invalid(f"{where}.patience_seconds must be more than step_seconds")
    if not 0 < canary.false_rollback <= 0.5:
        raise invalid(
            f"{where}.false_rollback: expected more than 0 and at most 0.5, received "
            f"{canary.false_rollback:g}"
        )
    rails = canary.guardrails
    where += ".guardrails"
    _check_range(f"{where}.error_rate", rails.error_rate, 0, 1)
    _check_range(f"{where}.latency_quantile", rails.latency_quantile, 0.5, 0.9999)
    _check_range(f"{where}.latency_ratio", rails.latency_ratio, 1, math.inf)
    if rails.drift is None:
        if rails.drift_outputs:
            raise invalid(f"{where}: drift_outputs are named, and drift is null")
        return
    _check_range(f"{where}.drift", rails.drift, 0, math.inf)
    if canary.steps[-1] == 100:
        raise invalid(
            f"{where}.drift: at 100 percent the stable version answers nothing that the candidate "
            "could be compared with. End the steps below (after the last one the candidate gets "
            "everything), or set drift to null"
        )
    for name, kind in rails.drift_outputs.items():
        signature, _, output = name.rpartition("/")
        if not signature or not output:
            raise invalid(f'{where}.drift_outputs: expected "signature/output", received {name!r}')
        if kind not in KINDS:
            known = " or ".join(KINDS)
            raise invalid(f"{where}.drift_outputs.{name}: expected {known}, received {kind!r}")


def _check_range(where: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise invalid(f"{where}: expected {low:g} to {high:g}, received {value:g}")


# --- reading dataclasses from JSON ----------------------------------------------------------------

_T = TypeVar("_T", bound="DataclassInstance")


def _read(kind: type[_T], document: Any, where: str) -> _T:
    if not is_mapping(document):
        raise invalid(f"{where}: expected an object, received {type(document).__name__}")
    known = {f.name: f for f in fields(kind)}
    unknown = [str(name) for name in document if name not in known]
    if unknown:
        raise invalid(f"{where}: unknown {', '.join(unknown)}; known: {', '.join(known)}")
    for name, f in known.items():
        if f.default is MISSING and f.default_factory is MISSING and name not in document:
            raise invalid(f"{where}: {name} is missing")
    values = {
        name: _READERS[str(known[name].type)](value, f"{where}.{name}")
        for name, value in document.items()
    }
    return kind(**values)


def _integer(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise invalid(f"{where}: expected an integer, received {value!r}")
    return value


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise invalid(f"{where}: expected a number, received {value!r}")
    return float(value)


def _boolean(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise invalid(f"{where}: expected true or false, received {value!r}")
    return value


def _string(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise invalid(f"{where}: expected a string, received {value!r}")
    return value


def _numbers(value: Any, where: str) -> tuple[float, ...]:
    if not is_any_sequence(value) or isinstance(value, str):
        raise invalid(f"{where}: expected a list of numbers, received {value!r}")
    return tuple(_number(item, where) for item in value)


def _strings(value: Any, where: str) -> dict[str, str]:
    if not is_mapping(value):
        raise invalid(f"{where}: expected an object with strings, received {value!r}")
    return {str(key): _string(item, f"{where}.{key}") for key, item in value.items()}


def _weights(value: Any, where: str) -> dict[int, float]:
    if not is_mapping(value):
        raise invalid(f'{where}: expected weights by version, as in {{"1": 90, "2": 10}}')
    weights: dict[int, float] = {}
    for key, weight in value.items():
        if not (isinstance(key, str) and key.isdecimal() and int(key[:20]) <= MAX_VERSION):
            raise invalid(f"{where}: {key!r} is no version number")
        weights[int(key)] = _number(weight, f"{where}.{key}")
        if weights[int(key)] < 0:
            raise invalid(f"{where}.{key}: a weight is not negative, received {weight!r}")
    if weights and not sum(weights.values()):
        raise invalid(f"{where}: all weights are 0")
    return weights


# By the annotations of the fields, which are strings.
_READERS: dict[str, Callable[[Any, str], Any]] = {
    "int": _integer,
    "float": _number,
    "float | None": lambda value, where: None if value is None else _number(value, where),
    "str": _string,
    "bool": _boolean,
    "tuple[float, ...]": _numbers,
    "Mapping[int, float]": _weights,
    "Mapping[str, str]": _strings,
    "Guardrails": lambda value, where: _read(Guardrails, value, where),
    "Canary | None": lambda value, where: _optional(Canary, value, where),
    "Shadow | None": lambda value, where: _optional(Shadow, value, where),
}


def _optional(kind: type[_T], value: Any, where: str) -> _T | None:
    return None if value is None else _read(kind, value, where)
