"""`tf.train.ExponentialMovingAverage`: shadows of variables that follow them slowly."""

from __future__ import annotations

from typing import Any

from tidefall.base import dtypes
from tidefall.base.exports import export
from tidefall.base.state import executing_eagerly, init_scope, name_scope
from tidefall.composite.variables.save_slice_info import save_as_part_of
from tidefall.composite.variables.variable import Variable
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.surface import resolve
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.v1.graphs.graph_keys import (
    GraphKeys,
    add_to_collection,
    get_collection,
    trainable_variables,
)
from tidefall.v1.variables.scope_stack import get_variable, get_variable_scope, variable_scope

_COLLECTION = GraphKeys.MOVING_AVERAGE_VARIABLES
_FLOATS = (dtypes.bfloat16, dtypes.float16, dtypes.float32, dtypes.float64)


def _name(value: Any) -> str:
    return value.name.split(":")[0]


@export("train.ExponentialMovingAverage", "compat.v1.train.ExponentialMovingAverage")
class ExponentialMovingAverage:
    """Averages of variables in which older values count ever less.

    After each `apply`, `average = decay * average + (1 - decay) * value`.

    Args:
        decay: a float, or float32 of shape (): how slowly averages follow, near 1.
        num_updates: a number or variable; the decay is then at most
            `(1 + num_updates) / (10 + num_updates)`, small at first.
        zero_debias: in graphs, for averages of tensors that are no variables, which begin at 0:
            undo the pull of that first value.
        name: the end of the names of the averages.

    >>> import tidefall as tf
    >>> weights = tf.Variable([1.0, 2.0])
    >>> ema = tf.train.ExponentialMovingAverage(decay=0.5)
    >>> ema.apply([weights])
    >>> weights.assign([3.0, 4.0])
    <tf.Variable 'Variable:0' shape=(2,) dtype=float32, numpy=array([3., 4.], dtype=float32)>
    >>> ema.apply([weights])
    >>> ema.average(weights).numpy().tolist()
    [2.0, 3.0]
    """

    def __init__(
        self,
        decay: Any,
        num_updates: Any = None,
        zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ):
        self._decay = decay
        self._num_updates = num_updates
        self._zero_debias = zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}
        self._biased: dict[Any, tuple[Any, Any]] = {}

    @property
    def name(self) -> str:
        """The end of the names of the averages."""
        return self._name

    def apply(self, var_list: Any = None) -> Any:
        """Let the averages follow; those that are not there yet begin with the variables' values.

        Args:
            var_list: variables of floating dtypes; in a graph also tensors, whose averages begin
                at 0. All trainable variables of the graph unless given.

        Returns:
            In a graph the operation that updates the averages, else None.

        Raises:
            TypeError: another dtype, or a tensor in eager code.
        """
        values = list(trainable_variables() if var_list is None else var_list)
        for value in values:
            self._follow(value)
        for value in values:
            self._count_from_zero(value)
        with name_scope(self._name) as scope:
            decay = convert_to_tensor(self._decay, dtype=dtypes.float32, name="decay")
            if self._num_updates is not None:
                count = raw.Cast(convert_to_tensor(self._num_updates), DstT=dtypes.float32)
                decay = raw.Minimum(decay, (count + 1.0) / (count + 10.0))
            updates = [self._update(value, decay) for value in values]
        return group(*updates, name=scope)

    def _follow(self, value: Any) -> None:
        """Check a value, and make its average unless there is one."""
        if not isinstance(value, Variable) and executing_eagerly():
            raise TypeError(
                "tf.train.ExponentialMovingAverage does not support non-Variable tensors when "
                "eager execution is enabled."
            )
        if value.dtype.base_dtype not in _FLOATS:
            raise TypeError(f"The variables must be half, float, or double: {value.name}")
        if value.ref() in self._averages:
            return
        with init_scope(), variable_scope(None, f"{_name(value)}/{self._name}") as scope:
            scope.set_partitioner(None)
            self._averages[value.ref()] = average = self._average_of(value)
        save_as_part_of(value, _name(value), average)

    def _count_from_zero(self, value: Any) -> None:
        """What it takes to undo the pull of a first value 0, for tensors."""
        needed = self._zero_debias and not isinstance(value, Variable)
        if not needed or value.ref() in self._biased:
            return
        zero = convert_to_tensor(0, dtype=value.dtype)
        with init_scope(), variable_scope(_name(self._averages[value.ref()])):
            biased = get_variable("biased", initializer=_zeros(value), trainable=False)
            steps = get_variable("local_step", initializer=zero, trainable=False)
        self._biased[value.ref()] = (biased, steps)

    def _average_of(self, value: Any) -> Any:
        if not isinstance(value, Variable):
            return get_variable("", initializer=_zeros(value), trainable=False)
        if executing_eagerly():
            start = value.read_value()
            return Variable(start, trainable=False, name=get_variable_scope().name)
        add_to_collection(_COLLECTION, value)
        return get_variable("", initializer=_first_value(value), trainable=False)

    def _update(self, value: Any, decay: Any) -> Any:
        average = self._averages[value.ref()]
        current = convert_to_tensor(value)
        rate = raw.Cast(1.0 - decay, DstT=current.dtype)
        if value.ref() not in self._biased:
            return average.assign_sub((average.read_value() - current) * rate)
        biased, steps = self._biased[value.ref()]
        moved = convert_to_tensor(biased.assign_sub((biased.read_value() - current) * rate))
        count = convert_to_tensor(steps.assign_add(convert_to_tensor(1, dtype=current.dtype)))
        return average.assign(moved / (1.0 - (1.0 - rate) ** count))

    def average(self, var: Any) -> Any:
        """The variable that holds the average of a variable or tensor; None if it has none."""
        return self._averages.get(var.ref())

    def average_name(self, var: Any) -> str:
        """The name that the average of a variable has, or would have, in a checkpoint."""
        if var.ref() in self._averages:
            return _name(self._averages[var.ref()])
        return get_default_graph().unique_name(f"{_name(var)}/{self._name}", mark_as_used=False)

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """What to give to a saver so that variables get the values of their averages.

        Args:
            moving_avg_variables: the variables whose averages are to be restored; unless given,
                those with averages and all that can be trained.

        Returns:
            A dict: names in the checkpoint to variables.
        """
        averaged = moving_avg_variables
        if averaged is None:
            averaged = [*trainable_variables(), *get_collection(_COLLECTION)]
            if executing_eagerly():
                averaged = [ref.deref() for ref in self._averages]
        refs = {value.ref(): value for value in averaged}
        found = {self.average_name(value): value for value in refs.values()}
        taken = {*(_name(value) for value in refs.values()), *found}
        for value in () if executing_eagerly() else get_collection(GraphKeys.GLOBAL_VARIABLES):
            if value.ref() not in refs and _name(value) not in taken:
                found[_name(value)] = value
        return found


def _first_value(variable: Any) -> Any:
    """What a variable begins with, or what it holds if it has begun."""
    resolve("", "cond")  # which the variable looks up
    return variable.initialized_value()


def _zeros(value: Any) -> Any:
    sizes = convert_to_tensor(value.shape.as_list(), dtype=dtypes.int32)
    return raw.Fill(sizes, convert_to_tensor(0, dtype=value.dtype))
