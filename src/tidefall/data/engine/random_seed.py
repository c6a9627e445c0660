"""Seeds of random transformations."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.op import raw
from tidefall.ops.random.seeds import get_seed
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_BOTH_ZERO = 2**31 - 1
_LARGEST = 2**31 - 1


def get_seeds(seed: Any) -> tuple[Any, Any]:
    """The two seeds for a seed the user gave, under the rules of `tf.random.set_seed`.

    Two zeros stand for seeds nobody chose, so chosen ones that are both zero become others.

    Returns:
        Two numbers; the second one is a tensor if `seed` is one of a graph.
    """
    if isinstance(seed, Tensor) and seed.is_symbolic:
        return _symbolic(seed)
    first, second = get_seed(seed)  # type: ignore[arg-type]
    if first is None and second is None:
        return 0, 0
    first, second = int(first or 0), int(second or 0)
    return first, _BOTH_ZERO if first == 0 and second == 0 else second


def _symbolic(seed: Tensor) -> tuple[int, Any]:
    first = int(get_seed(0)[0] or 0)
    second = convert_to_tensor(raw.FloorMod(seed, _LARGEST), dtypes.int64)
    if first:
        return first, second
    return first, raw.SelectV2(raw.Equal(second, 0), _BOTH_ZERO, second)
