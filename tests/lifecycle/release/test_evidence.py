"""What labels and outcomes say of a candidate: found where it is worse, and hardly ever elsewhere."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from tidefall.base import errors
from tidefall.lifecycle.release.documents import parse_document
from tidefall.lifecycle.release.evidence import gather, judge
from tidefall.lifecycle.release.plan import ReleasePlan

PLAN = """
model: taxi
servers: [http://127.0.0.1:1]
store: store
monitoring: {store: monitoring}
guardrails:
  slices:
    - {metric: accuracy, margin: 0.02, minimum: 50}
    - {metric: accuracy, margin: 0.02, by: input.zone, minimum: 50, slices: 2}
    - {metric: absolute_error, margin: 0.5, output: price, minimum: 50}
  business:
    - {outcome: tip, margin: 0.2, minimum: 50}
    - {outcome: stayed, kind: rate, margin: 0.02, minimum: 50}
"""
plan = parse_document(PLAN, ReleasePlan, "plan")


def rows(seed=0, n=2000, right=0.9, right_in_south=None, off=1.0, tip=3.0, stayed=0.6, labels=True):
    random = np.random.default_rng(seed)
    zone = random.choice(["north", "south"], n)
    share = np.where(zone == "south", right if right_in_south is None else right_in_south, right)
    truth = random.integers(0, 3, n)
    answer = np.where(random.uniform(size=n) < share, truth, (truth + 1) % 3)
    scores = np.eye(3)[answer] * 0.8 + 0.1
    columns = {
        "input.zone": zone,
        "output.a_scores": list(scores),
        "output.price": truth + random.normal(0, off, n),
        "label": pa.array(truth if labels else [None] * n, pa.int64()),
        "outcome.tip": random.exponential(tip, n),
        "outcome.stayed": (random.uniform(size=n) < stayed).astype(float),
    }
    return pa.RecordBatch.from_pydict(columns)


def verdicts(stable, candidate):
    pair = gather([stable], plan), gather([candidate], plan)
    return {f.guardrail: f.verdict for f in judge(plan, [pair])}


NAMES = [
    *("accuracy", "accuracy by input.zone=north", "accuracy by input.zone=south"),
    *("absolute_error", "tip", "stayed"),
]


def test_two_versions_that_are_alike_pass():
    assert verdicts(rows(1), rows(2)) == dict.fromkeys(NAMES, "passed")


@pytest.mark.parametrize(
    ("worse", "names"),
    [
        ({"right": 0.8}, set(NAMES[:3])),
        ({"right_in_south": 0.75}, {"accuracy by input.zone=south"}),
        ({"off": 3.0}, {"absolute_error"}),
        ({"tip": 2.3}, {"tip"}),
        ({"stayed": 0.5}, {"stayed"}),
    ],
)
def test_what_is_worse_is_found_and_nothing_else(worse, names):
    found = verdicts(rows(1, 6000), rows(2, 6000, **worse))
    failed = {name for name, verdict in found.items() if verdict == "failed"}
    # A slice that is worse may make the whole worse.
    assert names <= failed <= names | {"accuracy"}


def test_few_labels_decide_nothing():
    found = verdicts(rows(1), rows(2, 30))
    assert set(found.values()) == {"undecided"}
    found = verdicts(rows(1), rows(2, labels=False))
    assert found["accuracy"] == "undecided"


def test_steps_with_other_requests_are_not_mixed():
    """Simpson's paradox: alike in each step, and worse together, as the hard step had a larger
    share of the candidate's requests."""
    steps = [(5000, 500, 0.95), (2000, 2000, 0.6)]
    pairs = [
        (
            gather([rows(n, others, right)], plan),
            gather([rows(n + 9, ours, right)], plan),
        )
        for n, (others, ours, right) in enumerate(steps)
    ]
    mixed = gather([rows(0, 5000, 0.95), rows(1, 2000, 0.6)], plan), gather(
        [rows(9, 500, 0.95), rows(10, 2000, 0.6)], plan
    )
    assert "failed" in {f.verdict for f in judge(plan, [mixed])}
    assert "failed" not in {f.verdict for f in judge(plan, pairs)}


def test_versions_that_are_alike_are_hardly_ever_sent_back():
    back = 0
    for seed in range(60):
        stable, candidate = rows(2 * seed, 3000), rows(2 * seed + 1, 1000)
        for n in (100, 200, 400, 700, 1000):
            pair = gather([stable[: 3 * n]], plan), gather([candidate[:n]], plan)
            back += "failed" in {f.verdict for f in judge(plan, [pair])}
    assert back == 0


def test_columns_that_are_not_there_are_named():
    with pytest.raises(errors.InvalidArgumentError, match=r"no column 'input\.zone'; there are"):
        gather([rows().drop_columns(["input.zone"])], plan)
