"""Optimizers whose update of a variable is one op."""

from __future__ import annotations

from typing import Any

from tidefall.graph.v1.variables import RefVariable
from tidefall.op import raw
from tidefall.op.registry import find_op
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.v1.training.optimizer_base import Optimizer


def handle_of(variable: Any) -> Any:
    """What an op takes for a variable: its reference or its handle."""
    return variable._ref() if isinstance(variable, RefVariable) else variable.handle


class RuleOptimizer(Optimizer):
    """An optimizer whose update is one op: `_rule` and what it is given besides the gradient.

    Attributes:
        _rule: the end of the op's name, as "Adam".
        _settings: names of the settings, in the order they become tensors.
    """

    _rule = ""
    _settings: tuple[str, ...] = ()

    def _prepare(self) -> None:
        for name in self._settings:
            value = self._call_if_callable(getattr(self, f"_{name}"))
            setattr(self, f"_{name}_tensor", convert_to_tensor(value, name=name))

    def _setting(self, name: str, like: Any) -> Any:
        """A setting as a tensor of a variable's dtype."""
        tensor = getattr(self, f"_{name}_tensor")
        dtype = like.dtype.base_dtype
        return tensor if tensor.dtype == dtype else raw.Cast(tensor, DstT=dtype)

    def _inputs(self, var: Any, grad: Any) -> list[Any]:
        """The inputs of the dense op after the variable; `_SPARSE` marks where indices go."""
        raise NotImplementedError

    def _attrs(self) -> dict[str, Any]:
        return {}

    def _sparse_inputs(self, var: Any, grad: Any, indices: Any) -> list[Any]:
        """The inputs of the op for some rows: those of the dense op, indices after the gradient."""
        found: list[Any] = []
        for value in self._inputs(var, grad):
            found.append(value)
            if value is grad:
                found.append(indices)
        return found

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        op = find_op(f"Apply{self._rule}")
        done = op(
            handle_of(var), *self._inputs(var, grad), use_locking=self._use_locking, **self._attrs()
        )
        return done.op

    def _resource_apply_dense(self, grad: Any, handle: Any) -> Any:
        op = find_op(f"ResourceApply{self._rule}")
        inputs = self._inputs(handle, grad)
        return op(handle_of(handle), *inputs, use_locking=self._use_locking, **self._attrs())

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        op = find_op(f"SparseApply{self._rule}")
        inputs = self._sparse_inputs(var, grad.values, grad.indices)
        return op(handle_of(var), *inputs, use_locking=self._use_locking, **self._attrs()).op

    def _resource_apply_sparse(self, grad: Any, handle: Any, indices: Any) -> Any:
        op = find_op(f"ResourceSparseApply{self._rule}")
        inputs = self._sparse_inputs(handle, grad, indices)
        return op(handle_of(handle), *inputs, use_locking=self._use_locking, **self._attrs())
