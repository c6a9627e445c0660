"""The bucket of each number, between sorted boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op.effects import PURE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.traits import ELEMENTWISE
from tidefall.ops.common import invalid, jnp, unchanged


def _edges(boundaries: Any) -> np.ndarray:
    edges = np.asarray(boundaries, np.float32)
    if (np.diff(edges) < 0).any():
        raise invalid("Expected sorted boundaries")
    return edges


def _bucketize_host(x: np.ndarray, *, boundaries: Any) -> np.ndarray:
    # NaN goes to the last bucket; boundaries are float32 whatever the dtype of the numbers.
    wide = np.float64 if x.dtype.kind in "iu" else x.dtype
    edges = _edges(boundaries).astype(wide)
    return np.searchsorted(edges, x.astype(wide, copy=False), side="right").astype(np.int32)


def _bucketize_xla(x: Any, *, boundaries: Any) -> Any:
    wide = np.float64 if np.dtype(x.dtype).kind in "iu" else x.dtype
    edges = jnp.asarray(_edges(boundaries), wide)
    return jnp.searchsorted(edges, jnp.asarray(x).astype(wide), side="right").astype(np.int32)


op(
    "Bucketize",
    shape=unchanged,
    host=_bucketize_host,
    xla=_bucketize_xla,
    effects=PURE,
    traits=(ELEMENTWISE,),
    gradient=NOT_DIFFERENTIABLE,
)
