"""Eager ops and functions on a GPU, or another device that only compiled code can use."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from tidefall.base import dtypes
from tidefall.base.config import config
from tidefall.base.errors import InvalidArgumentError
from tidefall.op.results import wrap_results
from tidefall.runtime.xla.eager_compile import run_on
from tidefall.runtime.xla.jax_bridge import jax_device, load_jax
from tidefall.tensor.placement import Device, unsatisfiable
from tidefall.tensor.tensor import EagerTensor

_log = logging.getLogger("tidefall.runtime")
_ON_HOST = frozenset({dtypes.string, dtypes.resource, dtypes.variant})


def has_kernel(op: Any, dtypes_in: Sequence[Any], dtypes_out: Sequence[Any]) -> bool:
    """Whether an op can be compiled for an accelerator by itself."""
    return (
        op.xla is not None
        and not op.is_stateful
        and "stream" not in op.xla_attrs
        and not any(d in _ON_HOST for d in (*dtypes_in, *dtypes_out))
    )


class Accelerator(Device):
    """A device whose ops are compiled, and whose tensors hold jax arrays."""

    accelerated = True

    def __init__(self, name: str):
        super().__init__(name)
        self._device = jax_device(name)

    def run(self, op: Any, tensors: Sequence[Any], attrs: dict[str, Any]) -> list[Any]:
        """Run an op here if it can be compiled, else on the host, and bring the result here.

        Raises:
            InvalidArgumentError: with soft placement off, for an op that only the host can run;
                with the device policy "explicit", for an input on another device.
        """
        dtypes_in = [t.dtype for t in tensors]
        if not has_kernel(op, dtypes_in, op.definition.output_dtypes(attrs)):
            if not config.soft_placement and op.xla is None:
                raise unsatisfiable(self.name, op.name, ["CPU"])
            return [self.keep(t) for t in op.run(tensors, attrs)]
        self._check_inputs(op, tensors)
        try:
            result = run_on(self._device, op, tensors, attrs)
            return wrap_results(op.definition, result, attrs)
        except Exception as error:
            raise op.explain(error, tensors, attrs) from error

    def keep(self, tensor: Any) -> Any:
        """The tensor with its value in the memory of this device; strings stay on the host."""
        if type(tensor) is not EagerTensor or tensor.dtype in _ON_HOST:
            return tensor
        jax = load_jax()
        with jax.enable_x64(True), jax.default_device(self._device):
            return EagerTensor(jax.device_put(tensor.storage, may_alias=False))

    def _check_inputs(self, op: Any, tensors: Sequence[Any]) -> None:
        policy = config.device_policy
        if policy == "silent":
            return
        for i, tensor in enumerate(tensors):
            where = tensor.device
            if where == self.name or (
                policy == "silent_for_int32" and tensor.dtype is dtypes.int32
            ):
                continue
            message = (
                f"Tensors on conflicting devices: cannot compute {op.name} as input #{i} was "
                f"expected to be on {self.name} but is actually on {where} (operation running on "
                f"{self.name})."
            )
            if policy == "warn":
                _log.warning("%s It is copied, which takes time.", message)
                continue
            raise InvalidArgumentError(
                None,
                None,
                f"{message} Tensors can be copied explicitly using: "
                "`with tf.device(device_name): x = tf.identity(x)`.",
            )
