"""What labels and outcomes say of a candidate beside the stable version, by sequential tests."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lifecycle.release.plan import BusinessGuardrail, ReleasePlan, SliceGuardrail
from tidefall.serving.rollout.canary import Finding
from tidefall.serving.rollout.sequential import Count, Moments, log_evidence_of_excess

OVERALL = ""


@dataclass
class Labelled:
    """What is known of the answers of one version.

    Args:
        values: by guardrail and slice: how wrong each row was, or what it brought in.
    """

    values: dict[tuple[str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list[float])
    )


def gather(batches: Iterable[Any], plan: ReleasePlan) -> Labelled:
    """Return what record batches of joined rows hold for a plan's guardrails.

    Args:
        batches: Arrow record batches of one version, with "label", "outcome.*" and what else the
            guardrails name.
        plan: the plan.

    Raises:
        InvalidArgumentError: a column that a guardrail names is not there, or is none to compare.
    """
    found = Labelled()
    for batch in batches:
        names = set(batch.schema.names)
        for rail in plan.guardrails.slices:
            for name, value in _wrongness(batch, rail, names):
                found.values[_key(rail), name].append(value)
        for rail in plan.guardrails.business:
            column = f"outcome.{rail.outcome}"
            if column in names:
                values = [v for v in batch.column(column).to_pylist() if v is not None]
                found.values[_key(rail), OVERALL] += map(float, values)
    return found


def _key(rail: SliceGuardrail | BusinessGuardrail) -> str:
    if isinstance(rail, BusinessGuardrail):
        return rail.outcome
    return f"{rail.metric} by {rail.by}" if rail.by else rail.metric


def _wrongness(batch: Any, rail: SliceGuardrail, names: set[str]) -> Iterator[tuple[str, float]]:
    if "label" not in names:
        return
    output = rail.output or next((n for n in sorted(names) if n.startswith("output.")), "")
    output = output if output.startswith("output.") else f"output.{output}"
    for column in filter(None, (output, rail.by)):
        if column not in names:
            known = ", ".join(sorted(names))
            message = f"guardrails.slices: no column {column!r}; there are {known}"
            raise errors.InvalidArgumentError(None, None, message)
    labels = batch.column("label").to_pylist()
    outputs = batch.column(output).to_pylist()
    slices = batch.column(rail.by).to_pylist() if rail.by else [OVERALL] * len(labels)
    for label, answer, where in zip(labels, outputs, slices, strict=True):
        if label is None or answer is None:
            continue
        yield str(where), _wrong(label, answer) if rail.metric == "accuracy" else _off(label, answer)


def _wrong(label: Any, answer: Any) -> float:
    """1 where an answer is another than the label: scores say the place of the largest."""
    if isinstance(answer, list | tuple | np.ndarray):
        scores = np.asarray(answer, float).ravel()
        answer = scores[0] if scores.size == 1 else int(scores.argmax())
    if isinstance(answer, str | bytes) or isinstance(label, str | bytes):
        return float(str(answer) != str(label))
    if isinstance(answer, float) and not answer.is_integer() and label in (0, 1):
        answer = answer > 0.5  # A probability.
    return float(answer != label)


def _off(label: Any, answer: Any) -> float:
    values = np.asarray(answer, float).ravel()
    if values.size != 1:
        message = f"absolute_error takes one number a row, received {values.size}"
        raise errors.InvalidArgumentError(None, None, message)
    return abs(float(values[0]) - float(label))


def judge(plan: ReleasePlan, steps: Sequence[tuple[Labelled, Labelled]]) -> list[Finding]:
    """Return what each guardrail on labels and outcomes says of a canary.

    Rows of different steps are not mixed for a "failed": the candidate's share was another then, and
    so may the requests have been (Simpson, 1951). Each step is tested by itself, with its part of
    the level, for as long as labels of it come in.

    Args:
        plan: the plan.
        steps: for each step, what is known of the stable version and of the candidate.
    """
    both = Labelled(), Labelled()
    failed: dict[str, Finding] = {}
    for pair in steps:
        for finding in _findings(plan, *pair):
            if finding.verdict == "failed":
                failed.setdefault(finding.guardrail, finding)
        for whole, part in zip(both, pair, strict=True):
            for key, values in part.values.items():
                whole.values[key] += values
    pooled = _findings(plan, *both)
    return [
        failed.get(f.guardrail)
        or (replace(f, verdict="undecided") if f.verdict == "failed" else f)
        for f in pooled
    ]


def _findings(plan: ReleasePlan, stable: Labelled, candidate: Labelled) -> list[Finding]:
    alpha, found = plan.level(), list[Finding]()
    for rail in plan.guardrails.slices:
        key = _key(rail)
        names = sorted({name for k, name in candidate.values if k == key})[: rail.slices]
        if not names:
            found.append(Finding(key, "undecided", "no labels of the candidate's answers yet"))
        for name in names:
            pair = stable.values.get((key, name), []), candidate.values[key, name]
            title = f"{key}={name}" if rail.by else key
            is_rate = rail.metric == "accuracy"
            level = alpha / rail.slices if rail.by else alpha
            found.append(_compare(title, *pair, rail.margin, rail.minimum, level, is_rate))
    for rail in plan.guardrails.business:
        pair = stable.values.get((rail.outcome, OVERALL), []), candidate.values.get(
            (rail.outcome, OVERALL), []
        )
        if rail.kind == "rate":
            flip = rail.higher_is_better
            a, b = ([1 - v if flip else v for v in values] for values in pair)
            found.append(
                _compare(rail.outcome, a, b, rail.margin, rail.minimum, alpha, True, flipped=flip)
            )
        else:
            sign = -1.0 if rail.higher_is_better else 1.0
            a, b = ([sign * v for v in values] for values in pair)
            found.append(
                _compare(
                    rail.outcome, a, b, rail.margin, rail.minimum, alpha, False, sign=sign
                )
            )
    return found


def _compare(
    title: str,
    stable: list[float],
    candidate: list[float],
    margin: float,
    minimum: int,
    alpha: float,
    is_rate: bool,
    flipped: bool = False,
    sign: float = 1.0,
) -> Finding:
    """Whether the candidate's mean, of which less is better, exceeds the other by the margin."""
    few = min(len(stable), len(candidate)) < minimum
    a, b = (Moments.of(np.asarray(values)) for values in (stable, candidate))
    shown = [1 - m.mean if flipped else sign * m.mean for m in (a, b)]
    if is_rate and title.startswith("accuracy"):
        shown = [1 - m.mean for m in (a, b)]
    detail = f"{shown[1]:.4g} of {b.total}, {shown[0]:.4g} of {a.total} of the stable version"
    if is_rate:
        counts = [Count(round(sum(values)), len(values)) for values in (candidate, stable)]
        is_worse = log_evidence_of_excess(counts[0], counts[1], margin) >= -math.log(alpha)
    else:
        # Asymptotic bounds say nothing of a handful.
        is_worse = not few and b.bounds(alpha / 2)[0] > a.bounds(alpha / 2)[1] + margin
    if is_worse:
        return Finding(title, "failed", detail)
    if few:
        return Finding(title, "undecided", f"{detail}; {minimum} of each are needed")
    is_good = b.mean <= a.mean + margin
    return Finding(title, "passed" if is_good else "undecided", detail)
