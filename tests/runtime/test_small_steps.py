"""How often threads change while long work runs beside requests."""

import sys

import pytest

from tidefall.runtime.small_steps import SECONDS, small_steps


@pytest.fixture(params=[0.005, 0.00001], ids=["longer", "shorter"])
def interval(request):
    before = sys.getswitchinterval()
    sys.setswitchinterval(request.param)
    yield request.param
    sys.setswitchinterval(before)


def test_threads_change_often_until_the_last_block_is_left(interval):
    first, second = small_steps(), small_steps()
    within = pytest.approx(min(SECONDS, interval))
    with first:
        assert sys.getswitchinterval() == within
        second.__enter__()
    assert sys.getswitchinterval() == within
    second.__exit__(None, None, None)
    assert sys.getswitchinterval() == pytest.approx(interval)


def test_an_error_ends_a_block_too(interval):
    with pytest.raises(ValueError, match="wrong"), small_steps():
        raise ValueError("wrong")
    assert sys.getswitchinterval() == pytest.approx(interval)
