"""Which layers of a model are pruned."""

from __future__ import annotations

import abc
from collections.abc import Callable, Iterable
from typing import Any

import keras

from tidefall.lite.optimize.models import refuse_subclassed
from tidefall.lite.optimize.sparsity.keras.wrapper import PruneLowMagnitude

layers = keras.layers


class PruningPolicy(abc.ABC):
    """Which layers `prune_low_magnitude` wraps, and which models it takes."""

    @abc.abstractmethod
    def allow_pruning(self, layer: Any) -> bool:
        """Whether to prune a layer."""

    @abc.abstractmethod
    def ensure_model_supports_pruning(self, model: Any) -> None:
        """Raise a ValueError for models that the policy is not for."""


class PruneForLatencyOnXNNPack(PruningPolicy):
    """Prune 1x1 convolutions, which XNNPACK runs faster when they are sparse.

    It does so between a 3x3 convolution of stride 2 over an image of three channels, after a
    zero padding of 1, and global average pooling, with nothing in between but what it can run so:
    https://github.com/google/XNNPACK and arXiv:1911.09723.
    """

    def allow_pruning(self, layer: Any) -> bool:
        """1x1 convolutions."""
        return isinstance(layer, layers.Conv2D) and tuple(layer.kernel_size) == (1, 1)

    def ensure_model_supports_pruning(self, model: Any) -> None:
        """See the class."""
        refuse_subclassed(model)
        if not model.built:
            raise ValueError("Unbuilt models are not supported: build the model first.")
        starts = _search([t._keras_history.operation for t in model.inputs], _is_start, consumers)
        if not starts:
            raise ValueError(
                "Could not find a 3x3 Conv2D with stride 2x2, 3 input channels and 'valid' padding "
                "after a ZeroPadding2D of 1 in all input branches of the model."
            )
        ends = _search([t._keras_history.operation for t in model.outputs], _is_end, producers)
        if not ends:
            raise ValueError("Could not find a GlobalAveragePooling2D in all output branches.")

        def is_last(layer: Any) -> bool:
            if layer not in ends and not _runs_sparse(layer):
                raise ValueError(
                    f"Layer {type(layer).__name__} {layer.name!r} is not supported for the "
                    "PruneForLatencyOnXNNPack pruning policy."
                )
            return layer in ends

        _search([c for s in starts for c in consumers(s)], is_last, consumers)


def producers(layer: Any) -> list[Any]:
    """The layers whose outputs go into a layer."""
    return [n.operation for node in layer._inbound_nodes for n in node.parent_nodes]


def consumers(layer: Any) -> list[Any]:
    """The layers that the outputs of a layer go into."""
    return [node.operation for node in layer._outbound_nodes]


def _search(
    start: Iterable[Any], stop: Callable[[Any], bool], following: Callable[[Any], list[Any]]
) -> set[Any]:
    """Where each way from the start stops; nothing if one way does not."""
    waiting = list(start)
    seen, found = set(waiting), set()
    while waiting:
        layer = waiting.pop()
        if stop(layer):
            found.add(layer)
            continue
        more = following(layer)
        if not more:
            return set()
        waiting += [m for m in more if m not in seen]
        seen.update(more)
    return found


def _padding_before(layer: Any) -> Any:
    before = producers(layer)
    if len(before) == 1 and isinstance(before[0], layers.ZeroPadding2D):
        return before[0].padding
    return None


def _is_start(layer: Any) -> bool:
    return (
        type(layer) is layers.Conv2D
        and layer.built
        and _channels_in(layer) == (3, 3, 3)
        and tuple(layer.strides) == (2, 2)
        and layer.padding == "valid"
        and _padding_before(layer) == ((1, 1), (1, 1))
    )


def _channels_in(layer: Any) -> tuple[int, ...]:
    return tuple(layer.kernel.shape[:3])


def _is_end(layer: Any) -> bool:
    return isinstance(layer, layers.GlobalAveragePooling2D)


_ALWAYS = (
    layers.Add, layers.Multiply, layers.ZeroPadding2D, layers.ReLU, layers.LeakyReLU, layers.ELU,
    layers.Dropout,
)  # fmt: skip


def _runs_sparse(layer: Any) -> bool:
    if isinstance(layer, PruneLowMagnitude):
        return _runs_sparse(layer.layer)
    if isinstance(layer, _ALWAYS):
        return True
    if isinstance(layer, layers.DepthwiseConv2D):
        return _depthwise_runs_sparse(layer)
    if isinstance(layer, layers.Conv2D):
        sizes = (layer.kernel_size, layer.strides, layer.dilation_rate)
        return layer.groups == 1 and all(tuple(s) == (1, 1) for s in sizes)
    if isinstance(layer, layers.GlobalAveragePooling2D):
        return layer.keepdims
    if isinstance(layer, layers.BatchNormalization):
        return layer.axis in (3, -1, [3])
    if isinstance(layer, layers.UpSampling2D):
        return layer.interpolation == "bilinear"
    if isinstance(layer, layers.Activation):
        return layer.activation.__name__ in ("relu", "relu6", "leaky_relu", "elu", "sigmoid")
    return type(layer).__name__ in ("Identity", "Subtract")


def _depthwise_runs_sparse(layer: Any) -> bool:
    size, strides = tuple(layer.kernel_size), tuple(layer.strides)
    around = {(3, 3): 1, (5, 5): 2}.get(size)
    if around is None or layer.depth_multiplier != 1 or tuple(layer.dilation_rate) != (1, 1):
        return False
    if layer.padding == "same":
        return strides == (1, 1)
    return strides in ((1, 1), (2, 2)) and _padding_before(layer) == ((around, around),) * 2
