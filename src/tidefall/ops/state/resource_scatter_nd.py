"""Updates at single places of a variable: ResourceScatterNdUpdate and its kin."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.op.effects import writes
from tidefall.op.inference import Inference
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.slices.scattering import (
    check_update_shape,
    tensor_scatter_add_op,
    tensor_scatter_max_op,
    tensor_scatter_min_op,
    tensor_scatter_sub_op,
    tensor_scatter_update_op,
)
from tidefall.ops.state.resource_variables import variable_shape


def _shape(c: Inference) -> list[Any]:
    check_update_shape(variable_shape(c), c.shape(1), c.shape(2))
    return []


def _declare(kind: str, scatter: Op) -> None:
    """Declare ResourceScatterNd<kind>: what `scatter` makes of the value is the new value."""

    def host(resource: Any, indices: Any, updates: Any, *, bad_indices_policy: str) -> None:
        with resource.lock:
            value = np.asarray(resource.read())
            resource.value = scatter.host(  # type: ignore[misc]
                value, indices, updates, bad_indices_policy=bad_indices_policy
            )

    def xla(resource: Any, indices: Any, updates: Any) -> None:
        resource.value = scatter.xla(resource.read(), indices, updates)  # type: ignore[misc]

    op(
        f"ResourceScatterNd{kind}",
        shape=_shape,
        host=host,
        xla=xla,
        effects=writes("ref"),
        gradient=NOT_DIFFERENTIABLE,
    )


_declare("Update", tensor_scatter_update_op)
_declare("Add", tensor_scatter_add_op)
_declare("Sub", tensor_scatter_sub_op)
_declare("Max", tensor_scatter_max_op)
_declare("Min", tensor_scatter_min_op)
