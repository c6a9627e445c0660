"""A function that runs once for each replica: the op `_ReplicatedCall`.

Its inputs are those of the function for replica 0, then those for replica 1, and so on; where all
replicas are given the same tensor, it stands there several times. Its outputs come likewise. How
the replicas are run is `runtime/replicas`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.base.run_state import RunState, current_state
from tidefall.base.shapes import TensorShape
from tidefall.op.effects import calls
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import signature
from tidefall.op.traits import REPLICATED
from tidefall.runtime.replicas.executable import executable_of


def _shape(c: Inference) -> list[TensorShape]:
    return [t.shape for t in c.attr("f").graph.outputs] * len(c.attr("devices"))


def _host(args: Sequence[Any], *, f: Any, devices: Sequence[str]) -> list[Any]:
    count = len(args) // len(devices)
    rows = [args[i * count : (i + 1) * count] for i in range(len(devices))]
    state = current_state() or RunState()
    states = [state.of_replica(i) for i in range(len(devices))]
    results = executable_of(f, tuple(devices)).run(rows, states)
    return [value for row in results for value in row]


_host.takes_device_arrays = True  # type: ignore[attr-defined]


replicated_call_op = op(
    "_ReplicatedCall",
    definition=signature(
        "_ReplicatedCall",
        {
            "in": [["args", "Tin"]],
            "out": [["output", "Tout"]],
            "attrs": {
                "Tin": {"type": "list(type)", "min": 0},
                "Tout": {"type": "list(type)", "min": 0},
                "f": {"type": "func"},
                "devices": {"type": "list(string)", "min": 1},
            },
            "stateful": True,
        },
    ),
    shape=_shape,
    host=_host,
    effects=calls("args"),
    traits=(REPLICATED,),
    gradient=NOT_DIFFERENTIABLE,
)
