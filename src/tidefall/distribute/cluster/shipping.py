"""Functions that run in another task: sent once, called by number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from tidefall.base import dtypes
from tidefall.base.errors import InvalidArgumentError, NotFoundError
from tidefall.distribute.cluster.messages import plain_value, value_of
from tidefall.distribute.cluster.remote import handle_of, remote_of
from tidefall.distribute.cluster.task import Reference, Task
from tidefall.graph.codec.graph_def import Library
from tidefall.ops.lookup.tables import StaticTable
from tidefall.runtime.graph_function import GraphFunction
from tidefall.runtime.host.plan import to_tensor


class _Sent:
    """A function that a task knows.

    Attributes:
        incarnation: of the process that knows it.
        number: what it is called there.
        captured: the tensors that were sent with it.
    """

    def __init__(self, incarnation: int, number: int, captured: Sequence[Any]):
        self.incarnation = incarnation
        self.number = number
        self.captured = captured


_sent: WeakKeyDictionary[GraphFunction, dict[str, _Sent]] = WeakKeyDictionary()


def run_there(
    task: Task, function: GraphFunction, inputs: Sequence[Any], captured: int = 0
) -> list[Any]:
    """Run a function in another task.

    Args:
        task: where.
        function: the function.
        inputs: a tensor for each of its inputs.
        captured: how many of them, at the end, are the same in every call: they are sent once.

    Returns:
        The outputs, as eager tensors.

    Raises:
        InvalidArgumentError: it takes what exists in this process only.
        UnavailableError: the task, or one that it asks, does not answer.
    """
    kept = list(inputs[len(inputs) - captured :]) if captured else []
    given = [input_of(task, t) for t in inputs[: len(inputs) - captured]]
    known = _sent.setdefault(function, {})
    for last in (False, True):
        sent = known.get(task.name)
        if sent is None or not _same(sent.captured, kept):
            sent = known[task.name] = _send(task, function, kept)
        try:
            answer = task.ask("call", function=sent.number, inputs=given)
            break
        except NotFoundError as error:
            if last or not error.message.startswith("Function "):
                raise
            del known[task.name]  # another process has the task's place
    kinds = [t.dtype for t in function.graph.outputs]
    return [_output(task, v, d) for v, d in zip(answer["outputs"], kinds, strict=True)]


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _send(task: Task, function: GraphFunction, captured: list[Any]) -> _Sent:
    library = Library()
    name = library.name_of(function)
    answer = task.ask(
        "define",
        name=name,
        functions=[proto.SerializeToString() for proto in library.functions()],
        captured=[input_of(task, t) for t in captured],
    )
    return _Sent(answer["incarnation"], answer["function"], captured)


def input_of(task: Task, tensor: Any) -> dict[str, Any]:
    """A tensor that a function takes, for a message to a task.

    Raises:
        InvalidArgumentError: for a resource of this process.
    """
    value = tensor.storage
    remote = remote_of(value)
    if remote is not None:
        return {"reference": remote.reference.plain()}
    if isinstance(value, StaticTable) and value.is_initialized:
        keys, values = value.export()
        return {
            "table": [value.key_dtype.name, value.value_dtype.name],
            "keys": keys,
            "values": values,
        }
    if tensor.dtype == dtypes.resource or tensor.dtype == dtypes.variant:
        raise InvalidArgumentError(
            None,
            None,
            f"A function that runs in {task.name} uses {value!r}, which is in this process. Make "
            "it in the strategy's scope, or in the tf.device of a task.",
        )
    return plain_value(tensor.host_array())


def _output(task: Task, plain: dict[str, Any], dtype: Any) -> Any:
    if "reference" in plain:
        reference = Reference.of(plain["reference"])
        return handle_of(task, reference, f"{task.name}/device:CPU:0")
    return to_tensor(value_of(plain), dtype)
