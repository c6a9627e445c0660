"""What is converted: Keras models, SavedModels and functions, as concrete functions with names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tidefall.base import errors, nest
from tidefall.graph.analysis import written_inputs
from tidefall.tensor.specs import TensorSpec

DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Source:
    """One way to call what is converted.

    Attributes:
        key: the signature's name.
        function: the concrete function; its first inputs are the arguments.
        inputs: names of the arguments, in order.
        outputs: names of what it returns, in order.
        tensor_prefix: what the names of input tensors begin with.
    """

    key: str
    function: Any
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    tensor_prefix: str = ""

    @property
    def arguments(self) -> Sequence[Any]:
        """The placeholders of the arguments."""
        return self.function.graph.arguments

    @property
    def assigned(self) -> list[Any]:
        """The handles of variables that it assigns to."""
        graph, count = self.function.graph, len(self.function.graph.arguments)
        captured = self.function.captured_inputs
        return [captured[i - count] for i in sorted(written_inputs(graph)) if i >= count]

    def call(self, values: Sequence[Any]) -> list[Any]:
        """What the source gives for arrays in the order of the inputs, as arrays in that of the
        outputs. Variables are as before afterwards."""
        from tidefall.tensor.tensor import EagerTensor

        storages = [t.storage for t in self.assigned]
        before = [s.read() for s in storages]
        try:
            results = self.function.call_flat([EagerTensor(v) for v in values])
            return [r.numpy() for r in results]
        finally:
            for storage, value in zip(storages, before, strict=True):
                storage.value = value


def from_keras(model: Any, key: str = DEFAULT_SIGNATURE) -> Source:
    """A Keras model called for inference.

    Raises:
        tf.errors.FailedPreconditionError: if the model does not know its inputs yet.
    """
    from tidefall.function.polymorphic import function

    specs = _keras_specs(model)

    def call(*inputs: Any) -> Any:
        return model(*inputs, training=False)

    concrete = function(call, input_signature=specs, autograph=False).get_concrete_function()
    named = [s.name for s in nest.flatten(specs)]
    names = tuple(n or f"input_{i}" for i, n in enumerate(named))
    names = tuple(n if names.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(names))
    count = len(concrete.graph.outputs)
    return Source(key, concrete, names, _output_names(concrete, count), f"{DEFAULT_SIGNATURE}_")


def _keras_specs(model: Any) -> list[Any]:
    from keras.src.export.export_utils import get_input_signature

    if not getattr(model, "built", False):
        raise errors.FailedPreconditionError(
            None, None,
            f"The model {getattr(model, 'name', model)!r} has no inputs yet: call it on data or "
            "build it before converting it.",
        )  # fmt: skip
    found: Any = get_input_signature(model)
    signature = list(found)
    specs = nest.flatten(signature)
    inputs = getattr(model, "inputs", None) or specs
    # The signature leaves the batch free also where the model does not.
    fixed = [x if len(inputs) == len(specs) else s for x, s in zip(inputs, specs, strict=False)]
    made = [
        TensorSpec(x.shape, s.dtype, name=getattr(s, "name", None))
        for x, s in zip(fixed, specs, strict=True)
    ]
    return nest.pack_sequence_as(signature, made)


def _output_names(concrete: Any, count: int) -> tuple[str, ...]:
    structure = concrete.structured_outputs
    if isinstance(structure, dict):
        flat = [str(k) for k in sorted(structure)]
        if len(flat) == count:
            return tuple(flat)
    return tuple(f"output_{i}" for i in range(count))


def from_functions(functions: Sequence[Any]) -> list[Source]:
    """Concrete functions; the only one becomes the default signature.

    Raises:
        ValueError: if there is none, or one is not a concrete function.
    """
    if not functions:
        raise ValueError("No functions to convert: pass a list with a concrete function.")
    found: list[Source] = []
    for f in functions:
        if not hasattr(f, "graph") or not hasattr(f, "call_flat"):
            raise ValueError(
                "from_concrete_functions takes concrete functions, such as "
                f"`function.get_concrete_function()`. Received: {f!r}"
            )
        key = DEFAULT_SIGNATURE if len(functions) == 1 else _plain_name(f)
        found.append(Source(key, f, _argument_names(f), _output_names(f, len(f.graph.outputs))))
    return found


def _argument_names(function: Any) -> tuple[str, ...]:
    return tuple(t.op.name for t in function.graph.arguments)


def _plain_name(function: Any) -> str:
    return re.sub(r"^__inference_|_\d+$", "", function.name)


def from_saved_model(
    folder: str, keys: Sequence[str] | None = None, tags: Any = None
) -> tuple[list[Source], Any]:
    """The signatures of a SavedModel, and the loaded object, which must be kept alive.

    Raises:
        ValueError: if it lacks a signature.
    """
    from tidefall.saving.saved_model.load import load

    loaded = load(folder, tags)
    signatures = loaded.signatures
    if not signatures:
        raise ValueError(
            f"The SavedModel in {folder} has no signatures, so it cannot be converted."
        )
    if keys is None:
        keys = _without_copies(list(signatures))
    found: list[Source] = []
    for key in keys:
        if key not in signatures:
            raise ValueError(
                f"The SavedModel in {folder} has no signature {key!r}; it has "
                f"{', '.join(map(repr, signatures))}."
            )
        function = signatures[key]
        names = _signature_inputs(function)
        outputs = tuple(sorted(function.structured_outputs))
        found.append(Source(key, function, names, outputs, f"{key}_"))
    return found, loaded


def _without_copies(keys: list[str]) -> list[str]:
    """Keras writes its call twice: as `serve` and as the default signature."""
    if DEFAULT_SIGNATURE in keys and "serve" in keys:
        keys.remove("serve")
    return keys


def _signature_inputs(function: Any) -> tuple[str, ...]:
    _, kwargs = function.structured_input_signature
    names = [t.op.name for t in function.graph.arguments]
    given = sorted(kwargs)
    if len(given) == len(names):
        by_spec = {getattr(s, "name", None): k for k, s in kwargs.items()}
        return tuple(by_spec.get(n) or k for n, k in zip(names, given, strict=True))
    return tuple(names)
