"""What connects layers that must not import each other, without loading the upper one."""

from __future__ import annotations

from typing import Any

from tidefall import keras_imports
from tidefall.core import type_spec_registry
from tidefall.core.op import compiler
from tidefall.core.places import accelerators
from tidefall.core.vectorizer import vectorizer


def connect() -> None:
    """Give the lower layers, and Keras, their ways to the upper ones."""

    def run_compiled(op: Any, tensors: Any, attrs: Any) -> Any:
        from tidefall.runtime.single import run_compiled_op

        compiler.connect(run_compiled_op)
        return run_compiled_op(op, tensors, attrs)

    def may_replace_host() -> bool:
        from tidefall.runtime.tiers import eager_may_compile

        return eager_may_compile()

    compiler.connect(run_compiled, may_replace_host)

    def make_accelerator(name: str) -> Any:
        from tidefall.runtime.accelerator import Accelerator

        return Accelerator(name)

    accelerators.connect(make_accelerator)

    def run_rows(*args: Any) -> list[Any]:
        from tidefall.function.pfor.vectorized_map import run_rows

        vectorizer.connect(run_rows)
        return run_rows(*args)

    vectorizer.connect(run_rows)

    def load_codec() -> None:
        from tidefall.io import structured  # noqa: F401  plugs itself in

    type_spec_registry.connect_proto_codec(load_codec)
    keras_imports.install()
