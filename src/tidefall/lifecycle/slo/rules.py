"""Objectives as Prometheus rules.

Alerts go by how fast the budget of failures is used up, over a long and a short window at once, as
the workbook of Google's SRE recommends ("Alerting on SLOs", 2018): a page where 2 % of the month's
budget went within an hour or 5 % within six, a ticket where 10 % went within a day or in three. The
short window, a twelfth of the long one, ends the alert soon after the failures end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tidefall.lifecycle.slo.objectives import ModelObjectives, Objectives, Quality

BLAMED = "INTERNAL|UNKNOWN|UNAVAILABLE|DATA_LOSS|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED"
"""What the server is to blame for; bad requests are not."""

RATIO = "tidefall_slo:bad_ratio"
_HOUR = 3600


@dataclass(frozen=True)
class Burn:
    """How fast a budget goes, and who is told.

    Args:
        share: of the whole window's budget.
        hours: within so many.
        short: the short window.
        severity: "page" or "ticket".
    """

    share: float
    hours: int
    short: str
    severity: str

    def factor(self, window: float) -> float:
        """How many times too fast the budget goes then."""
        return self.share * window / (self.hours * _HOUR)

    @property
    def long(self) -> str:
        """The long window, as Prometheus writes it."""
        return f"{self.hours // 24}d" if self.hours % 24 == 0 else f"{self.hours}h"


BURNS = (
    Burn(0.02, 1, "5m", "page"),
    Burn(0.05, 6, "30m", "page"),
    Burn(0.10, 24, "2h", "ticket"),
    Burn(0.10, 72, "6h", "ticket"),
)
WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")


@dataclass(frozen=True)
class Ratio:
    """An objective that is a share of requests.

    Args:
        model: the model.
        name: what it is called, such as "latency_0.1s".
        percent: the share that must be good.
        bad: the requests that are not, as an expression with the window {w}.
        total: all requests.
        minimum: so many bad ones it takes to tell anybody.
        words: what went wrong with them.
    """

    model: str
    name: str
    percent: float
    bad: str
    total: str
    minimum: int
    words: str

    @property
    def budget(self) -> float:
        """The share that may be bad."""
        return round(1 - self.percent / 100, 10)


def ratios(name: str, model: ModelObjectives) -> list[Ratio]:
    """Return the objectives of a model that are shares of requests."""
    of = f'model_name="{name}"'
    total = f"sum(increase(tidefall_serving_requests_total{{{of}}}[{{w}}]))"
    found: list[Ratio] = []
    if model.errors:
        bad = f'sum(increase(tidefall_serving_requests_total{{{of},status=~"{BLAMED}"}}[{{w}}]))'
        found.append(
            Ratio(
                name, "errors", model.errors.objective, f"({bad} or vector(0))", total,
                model.errors.minimum_failures, "fail",
            )
        )  # fmt: skip
    duration = "tidefall_serving_request_duration_seconds"
    for speed in model.latency:
        limit = f"{speed.seconds:.6g}"
        every = f"sum(increase({duration}_count{{{of}}}[{{w}}]))"
        quick = f'sum(increase({duration}_bucket{{{of},le="{limit}"}}[{{w}}]))'
        found.append(
            Ratio(
                name, f"latency_{limit}s", speed.objective, f"({every} - {quick})", every,
                speed.minimum_failures, f"take longer than {limit} s",
            )
        )  # fmt: skip
    return found


def rules(objectives: Objectives) -> dict[str, Any]:
    """Return the content of the rules' file."""
    groups: list[dict[str, Any]] = []
    for name, model in objectives.models.items():
        shares = ratios(name, model)
        if shares:
            recorded = [_record(ratio, window) for ratio in shares for window in WINDOWS]
            alerts = [_burn_alert(r, burn, objectives.window) for r in shares for burn in BURNS]
            groups.append(
                {"name": f"tidefall_slo {name}", "interval": "30s", "rules": recorded + alerts}
            )
        others = [_quality_alert(name, q) for q in model.quality]
        others += [_age_alert(name, kind, age) for kind, age in model.freshness.ages().items()]
        if others:
            groups.append({"name": f"tidefall_slo {name} quality", "rules": others})
    return {"groups": groups}


def _record(ratio: Ratio, window: str) -> dict[str, Any]:
    return {
        "record": f"{RATIO}:{window}",
        # Without requests nothing failed: 0 / 0 is left out.
        "expr": f"({ratio.bad} / ({ratio.total} > 0))".replace("{w}", window),
        "labels": {"model_name": ratio.model, "objective": ratio.name},
    }


def _burn_alert(ratio: Ratio, burn: Burn, window: float) -> dict[str, Any]:
    of = f'{{model_name="{ratio.model}",objective="{ratio.name}"}}'
    limit = f"{burn.factor(window):.6g} * {ratio.budget:.6g}"
    enough = f"on() {ratio.bad} >= {ratio.minimum}".replace("{w}", burn.long)
    expression = (
        f"{RATIO}:{burn.long}{of} > {limit}\nand {RATIO}:{burn.short}{of} > {limit}\nand {enough}"
    )
    share = f"{burn.share * 100:g} %"
    return {
        "alert": "TidefallObjectiveBurns" if burn.severity == "page" else "TidefallObjectiveAtRisk",
        "expr": expression,
        "labels": {
            "severity": burn.severity, "model_name": ratio.model, "objective": ratio.name,
            "window": burn.long,
        },
        "annotations": {
            "summary": f"{{{{ $value | humanizePercentage }}}} of the requests for {ratio.model} "
            f"{ratio.words}; {share} of the budget went within {burn.long}",
            "runbook": f"on_call.md#{_anchor(ratio.model)}",
        },
    }  # fmt: skip


def _quality_alert(model: str, quality: Quality) -> dict[str, Any]:
    of = f'tidefall_quality{{model_name="{model}",metric="{quality.metric}"}}'
    low = quality.at_least is not None
    limit = quality.at_least if low else quality.at_most
    return {
        "alert": "TidefallQualityMissed",
        "expr": f"{of} {'<' if low else '>'} {limit:g}",
        "for": "5m",
        "labels": {"severity": "ticket", "model_name": model, "objective": quality.metric},
        "annotations": {
            "summary": f"{quality.metric} of {model} is {{{{ $value | humanize }}}}, "
            f"{'less' if low else 'more'} than {limit:g}",
            "runbook": f"on_call.md#{_anchor(model)}",
        },
    }


def _age_alert(model: str, kind: str, age: float) -> dict[str, Any]:
    of = f'tidefall_age_seconds{{model_name="{model}",kind="{kind}"}}'
    return {
        "alert": "TidefallStale",
        "expr": f"{of} > {age:g}",
        "for": "5m",
        "labels": {"severity": "ticket", "model_name": model, "objective": f"age of {kind}"},
        "annotations": {
            "summary": f"The {kind} of {model}: the newest is {{{{ $value | humanizeDuration }}}} old",
            "runbook": f"on_call.md#{_anchor(model)}",
        },
    }


def _anchor(title: str) -> str:
    return "".join(c for c in title.lower().replace(" ", "-") if c.isalnum() or c in "-_")
