"""A worker that this process is connected to, as a coordinator uses it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tidefall.data.dataset import node_of
from tidefall.data.engine.iterator import IteratorSpec
from tidefall.data.report.dataset_to_graph import graph_of_node
from tidefall.distribute.cluster.remote import dims, handle_of
from tidefall.distribute.cluster.shipping import run_there
from tidefall.distribute.cluster.task import Reference, Task


class ConnectedWorker:
    """A `WorkerTask` of a coordinator (`coordinator/tasks.py`).

    Args:
        task: the worker's.
    """

    def __init__(self, task: Task):
        self._task = task
        self.name = task.name

    def incarnation(self) -> int:
        """See `WorkerTask.incarnation`."""
        return self._task.incarnation()

    def run(self, function: Any, inputs: Sequence[Any]) -> list[Any]:
        """See `WorkerTask.run`; the inputs include what the function captured."""
        captured = function.captured_inputs
        given = inputs[len(inputs) - len(captured) :] if captured else []
        count = len(captured) if all(a is b for a, b in zip(given, captured, strict=True)) else 0
        return run_there(self._task, function.graph_function, inputs, count)

    def iterator(self, dataset: Any) -> Any:
        """See `WorkerTask.iterator`."""
        structure = dataset._flat_structure
        answer = self._task.ask(
            "iterator",
            graph=graph_of_node(node_of(dataset._variant_tensor.storage)),
            types=[dtype.name for dtype in structure["output_types"]],
            shapes=[dims(shape) for shape in structure["output_shapes"]],
        )
        reference = Reference.of(answer["reference"])
        handle = handle_of(self._task, reference, f"{self.name}/device:CPU:0")
        return IteratorSpec(dataset.element_spec)._from_components((handle,))
