"""A sample of random programs, run every way; `make fuzz` runs thousands."""

import pytest

from tests.random_programs.compare import Disagreement, check, check_program
from tests.random_programs.generator import generate
from tests.random_programs.regressions import CASES
from tidefall.graph.passes import arithmetic
from tidefall.op import raw

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")

SAMPLE = 200
COMPILED = 10
PER_TEST = 10


@pytest.mark.parametrize("first", range(0, SAMPLE, PER_TEST))
def test_all_ways_of_running_agree(first):
    for seed in range(first, first + PER_TEST):
        check_program(generate(seed))


@pytest.mark.parametrize("seed", range(SAMPLE, SAMPLE + COMPILED))
def test_xla_agrees(seed):
    check_program(generate(seed), xla=True)


@pytest.mark.parametrize("make, arguments", CASES, ids=[c[0].__name__ for c in CASES])
def test_regressions(make, arguments):
    check(make, arguments)


def _check_all(count):
    for seed in range(count):
        check_program(generate(seed))


def test_a_seed_always_gives_the_same_program():
    assert generate(17).text() == generate(17).text()


@pytest.mark.parametrize("kind", ["Neg", "Sub", "Transpose"])
def test_a_wrong_rewrite_is_found(monkeypatch, kind):
    """The sample would notice a rule that drops an operand."""
    monkeypatch.setitem(
        arithmetic._RULES, getattr(raw, kind), lambda node, rewriter: node.inputs[:1]
    )
    with pytest.raises(Disagreement):
        _check_all(SAMPLE)
