"""What pruning, clustering and quantization share: models copied layer by layer."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import keras
from keras.src import backend
from keras.src.backend.common.variables import AutocastScope
from keras.src.models import Functional

ops: Any = keras.ops


def snake_case(name: str) -> str:
    """A class's name as part of a layer's name: `PruneLowMagnitude` is `prune_low_magnitude`."""
    spaced = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", spaced).lower()


def is_graph(model: Any) -> bool:
    """Whether a model is Sequential or functional, so that its layers can be exchanged."""
    return isinstance(model, (keras.Sequential, Functional))


def refuse_subclassed(model: Any) -> None:
    """Raise a ValueError for a model whose layers are called in code of its own."""
    if isinstance(model, keras.Model) and not is_graph(model):
        raise ValueError(
            f"Subclassed models are not supported: {type(model).__name__} {model.name!r} calls its "
            "layers in code of its own. Wrap the layers where the model makes them."
        )


def exchange(model: Any, change: Callable[[Any], Any]) -> Any:
    """A copy of a Sequential or functional model with other layers in the same places.

    Args:
        model: the model; models inside of it are copied too.
        change: gives the layer to be used in place of one; the same one keeps its weights.
    """
    refuse_subclassed(model)

    def visit(layer: Any) -> Any:
        if isinstance(layer, keras.Model):
            return exchange(layer, change)
        # Functions of `keras.ops` stand between layers too; they have nothing to change.
        return change(layer) if isinstance(layer, keras.layers.Layer) else layer

    return keras.models.clone_model(model, clone_function=visit)


def layers_of(model: Any) -> Iterator[Any]:
    """All layers, those of models inside of it included, outermost first."""
    for layer in model.layers:
        yield layer
        if isinstance(layer, keras.Model):
            yield from layers_of(layer)


def uncast(variable: Any) -> Any:
    """A variable's value in its own dtype, whatever the layer computes in."""
    with AutocastScope(None):
        return variable.value


class Wrapped(keras.layers.Wrapper):
    """A wrapper of a layer that may take several tensors and further arguments.

    Its call passes on what it gets; `training` only to layers that take it.
    """

    def __init__(self, layer: Any, **kwargs: Any):
        super().__init__(layer, **kwargs)
        self.supports_masking = bool(getattr(layer, "supports_masking", False))

    def build(self, input_shape: Any = None) -> None:
        """Build the layer; one of several tensors is built by its first call."""
        if not self.layer.built:
            self.layer.build(input_shape)
        self.built = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        more = [v for v in keras.tree.flatten(kwargs) if hasattr(v, "shape")]
        if not self.layer.built and more:
            # How several tensors are given to `build` only the layer itself knows.
            backend.compute_output_spec(self.layer, *args, **kwargs)
        return super().__call__(*args, **kwargs)

    def call_layer(self, inputs: Any, training: Any, kwargs: dict[str, Any]) -> Any:
        """Call the layer itself."""
        if "training" in inspect.signature(self.layer.call).parameters:
            kwargs = {**kwargs, "training": training}
        return self.layer(inputs, **kwargs)

    def call_with(
        self, values: list[tuple[Any, Any]], inputs: Any, training: Any, kwargs: dict[str, Any]
    ) -> Any:
        """Call the layer, which reads these tensors where it reads these variables.

        Layers of Keras 3 do not let their variables be replaced; a stateless scope does it.
        """
        outer = backend.get_stateless_scope()
        scope = keras.StatelessScope(state_mapping=values)
        if outer is not None:
            scope.state_mapping = {**outer.state_mapping, **scope.state_mapping}
        before = dict(scope.state_mapping)
        with scope:
            outputs = self.call_layer(inputs, training, kwargs)
        for variable in self.variables:
            value = scope.state_mapping.get(id(variable))
            if value is not None and value is not before.get(id(variable)):
                variable.assign(value)  # moving averages, ranges
        return outputs

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """That of the layer."""
        return self.layer.compute_mask(inputs, previous_mask)
