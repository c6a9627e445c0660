"""Seeds of random transformations."""

from __future__ import annotations

from typing import Any

from tidefall.ops.random_seeds import get_seed

_BOTH_ZERO = 2**31 - 1


def get_seeds(seed: Any) -> tuple[int, int]:
    """The two seeds for a seed the user gave, under the rules of `tf.random.set_seed`.

    Two zeros stand for seeds nobody chose, so chosen ones that are both zero become others.
    """
    first, second = get_seed(seed)
    if first is None and second is None:
        return 0, 0
    first, second = int(first or 0), int(second or 0)
    return first, _BOTH_ZERO if first == 0 and second == 0 else second
