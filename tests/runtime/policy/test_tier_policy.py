"""When programs are compiled: a table of what is known and what follows from it."""

import pytest

from tidefall.runtime.policy.tier_policy import (
    Action,
    Decision,
    Measurements,
    Setting,
    TierPolicy,
    chosen_tier,
)

STAY = Decision(Action.STAY)
NOW = Decision(Action.COMPILE)
LATER = Decision(Action.COMPILE, background=True)
DIVIDE = Decision(Action.DIVIDE)
DIVIDE_LATER = Decision(Action.DIVIDE, background=True)
AUTO, HOST, XLA = Setting("auto"), Setting("host"), Setting("xla")
SERVER = Setting("auto", background=True)
WARMING = Setting("auto", blocking=True, background=True)
PART = Setting("auto", is_part=True)
SPARE, SPARE_PART = Setting("auto", spare=True), Setting("auto", is_part=True, spare=True)
NEW = Measurements()


def spent(seconds: float, least: float | None = 0.01, price: float | None = None) -> Measurements:
    return Measurements(seconds, least, price)


@pytest.mark.parametrize(
    ("measured", "setting", "is_pure", "obstacle", "expected"),
    [
        # As long as it has not taken the time of a compilation, it stays.
        (NEW, AUTO, True, "", STAY),
        (spent(1.0), AUTO, True, "", STAY),
        (spent(1.1), AUTO, True, "", NOW),
        (spent(1.1), AUTO, False, "", NOW),
        (spent(1.1), AUTO, True, "XLA has no Assert", DIVIDE),
        # Its parts need not wait as long again.
        (spent(0.1), PART, True, "", STAY),
        (spent(0.11), PART, True, "", NOW),
        (spent(1.1, price=5.0), PART, True, "", STAY),
        # What took long once must have run as long on the host.
        (spent(1.1, price=5.0), AUTO, True, "", STAY),
        (spent(5.1, price=5.0), AUTO, True, "", NOW),
        (spent(1.1, price=0.1), AUTO, True, "", NOW),
        # The user chose.
        (spent(1e9), HOST, True, "", STAY),
        (spent(1e9), Setting("host", blocking=True), True, "", STAY),
        (NEW, XLA, True, "", NOW),
        (NEW, XLA, False, "", NOW),
        (NEW, XLA, True, "it takes text", DIVIDE),
        (NEW, Setting("xla", background=True), True, "", NOW),
        # A caller who can wait.
        (NEW, Setting("auto", blocking=True), True, "", NOW),
        (NEW, WARMING, True, "", NOW),
        (NEW, WARMING, True, "it takes text", DIVIDE),
        # Callers who cannot.
        (spent(0.9), SERVER, True, "", STAY),
        (spent(1.1), SERVER, True, "", LATER),
        (spent(1.1), SERVER, True, "XLA has no Print", DIVIDE_LATER),
        (spent(1.3, price=4.0), SERVER, True, "", LATER),
        (spent(0.9, price=4.0), SERVER, True, "", STAY),
        # With a processor to spare, calls that take long need not have been many.
        (spent(0.2), SPARE, True, "", LATER),
        (spent(0.2), SPARE, False, "", LATER),
        (spent(0.2), SPARE, True, "XLA has no Print", DIVIDE),
        (spent(0.1), SPARE, True, "", STAY),
        (spent(0.2, least=0.001), SPARE, True, "", STAY),
        (spent(0.2, least=None), SPARE, True, "", STAY),
        (spent(0.02), SPARE_PART, True, "", LATER),
        (spent(0.02, least=0.001), SPARE_PART, True, "", STAY),
        (NEW, SPARE_PART, True, "", STAY),
        (spent(1.1, least=0.001), SPARE, True, "", NOW),
        (spent(1e9), Setting("host", spare=True), True, "", STAY),
        # A run in the background would be noticed.
        (spent(1.1), SERVER, False, "", NOW),
        # Calling a program would take as long.
        (spent(1.1, least=0.00009), SERVER, True, "", STAY),
        (spent(1.1, least=0.0001), SERVER, True, "", LATER),
        (spent(1.1, least=None), SERVER, True, "", LATER),
        (spent(1.1, least=0.00009), AUTO, True, "", NOW),
    ],
)
def test_decisions(measured, setting, is_pure, obstacle, expected):
    assert TierPolicy().decide(measured, setting, is_pure, obstacle) == expected


@pytest.mark.parametrize(
    ("price", "background", "seconds"),
    [(None, False, 1.0), (None, True, 1.0), (8.0, False, 8.0), (8.0, True, 2.0), (0.5, False, 1.0)],
)
def test_budgets(price, background, seconds):
    assert TierPolicy().budget(price, background) == seconds


@pytest.mark.parametrize(
    ("pinned", "jit", "seeds", "tier"),
    [
        ("auto", False, False, "auto"),
        ("auto", True, False, "xla"),
        ("auto", False, True, "host"),
        ("auto", True, True, "xla"),
        ("host", True, True, "host"),
        ("xla", False, True, "xla"),
    ],
)
def test_tiers(pinned, jit, seeds, tier):
    assert chosen_tier(pinned, jit, seeds) == tier
