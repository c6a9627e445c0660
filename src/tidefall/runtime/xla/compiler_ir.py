"""The stages of a program on its way through XLA, as text and bytes."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

from tidefall.base.errors import InvalidArgumentError
from tidefall.runtime.backend import Executable, Lowerable
from tidefall.tensor.specs import TensorSpec

STAGES = (
    "hlo",
    "hlo_no_metadata",
    "hlo_serialized",
    "stablehlo",
    "optimized_hlo",
    "optimized_hlo_serialized",
    "optimized_hlo_proto_serialized",
    "optimized_hlo_dot",
)


def stages(executable: Executable, values: Sequence[Any]) -> Callable[..., Any]:
    """`f(stage, device_name)` for a program and the values of its inputs, or their specs.

    Raises:
        ValueError: for a spec without a static shape.
        InvalidArgumentError: if the program is not compiled as a whole.
    """
    if not isinstance(executable, Lowerable):
        raise InvalidArgumentError(
            None, None, "The function runs on the host: sizes in it depend on values."
        )
    lowered = executable.lowered([_abstract(v) if isinstance(v, TensorSpec) else v for v in values])

    def stage_of(
        stage: str = "hlo", device_name: str | None = None, platform_name: str | None = None
    ) -> Any:
        if stage not in STAGES:
            raise ValueError(
                f"Invalid stage selected: '{stage}'. Valid values are: "
                + ", ".join(f"'{name}'" for name in STAGES)
            )
        return _stage(lowered, stage)

    return stage_of


def _abstract(spec: TensorSpec) -> Any:
    import jax

    if not spec.shape.is_fully_defined():
        raise ValueError(f"XLA compiles static shapes only. Received: {spec}")
    return jax.ShapeDtypeStruct(tuple(spec.shape.as_list()), spec.dtype.as_numpy_dtype)


def _stage(lowered: Any, stage: str) -> Any:
    if stage == "stablehlo":
        return str(lowered.compiler_ir(dialect="stablehlo"))
    if stage.startswith("optimized_hlo"):
        module = lowered.compile().runtime_executable().hlo_modules()[0]
        if stage == "optimized_hlo_dot":
            return _bindings().hlo_module_to_dot_graph(module)
        return (
            module.to_string()
            if stage == "optimized_hlo"
            else module.as_serialized_hlo_module_proto()
        )
    program = lowered.compiler_ir(dialect="hlo")
    if stage == "hlo_serialized":
        return program.as_serialized_hlo_module_proto()
    if stage == "hlo_no_metadata":
        options = _bindings().HloPrintOptions()
        options.print_metadata = False
        return program.get_hlo_module().to_string(options)
    return program.as_hlo_text()


def _bindings() -> Any:
    return importlib.import_module("jaxlib._jax")
