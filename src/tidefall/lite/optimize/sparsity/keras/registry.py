"""Which weights of which layers are pruned."""

from __future__ import annotations

import abc
from typing import Any

import keras

layers = keras.layers


class PrunableLayer(abc.ABC):
    """A layer of your own that says which of its weights are pruned."""

    @abc.abstractmethod
    def get_prunable_weights(self) -> list[Any]:
        """The variables that are pruned."""


_WEIGHTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose",
            "Dense",
        ),
        ("kernel",),
    ),
    "SeparableConv1D": ("pointwise_kernel",),
    "SeparableConv2D": ("pointwise_kernel",),
    "Embedding": ("embeddings",),
    "MultiHeadAttention": (
        "_query_dense.kernel", "_key_dense.kernel", "_value_dense.kernel", "_output_dense.kernel",
    ),
}  # fmt: skip
_NOTHING = (
    "ELU LeakyReLU ReLU Softmax Cropping1D Cropping2D Cropping3D DepthwiseConv2D UpSampling1D "
    "UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D Activation "
    "ActivityRegularization Dropout Flatten Lambda Masking Permute RepeatVector Reshape "
    "SpatialDropout1D SpatialDropout2D SpatialDropout3D Add Average Concatenate Dot Maximum "
    "Minimum Multiply Subtract AlphaDropout GaussianDropout GaussianNoise BatchNormalization "
    "LayerNormalization AveragePooling1D AveragePooling2D AveragePooling3D "
    "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
    "GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling1D MaxPooling2D MaxPooling3D Rescaling "
    "Identity PReLU DepthwiseConv1D"
)
LAYERS: dict[type, tuple[str, ...]] = {getattr(layers, n): a for n, a in _WEIGHTS.items()}
LAYERS.update((getattr(layers, n), ()) for n in _NOTHING.split())
CELLS = (layers.GRUCell, layers.LSTMCell, layers.SimpleRNNCell)
RECURRENT = (layers.GRU, layers.LSTM, layers.RNN, layers.SimpleRNN)


def cells_of(layer: Any) -> list[Any]:
    """The cells of a recurrent layer; none of another."""
    if type(layer) not in RECURRENT:
        return []
    cell = layer.cell
    return list(cell.cells) if isinstance(cell, layers.StackedRNNCells) else [cell]


def can_prune(layer: Any) -> bool:
    """Whether it is known what of a layer is pruned, be it nothing."""
    if hasattr(layer, "get_prunable_weights") or type(layer) in LAYERS:
        return True
    cells = cells_of(layer)
    return bool(cells) and all(
        type(c) in CELLS or hasattr(c, "get_prunable_weights") for c in cells
    )


def prunable_weights(layer: Any) -> list[Any]:
    """The variables of a built layer that are pruned."""
    if hasattr(layer, "get_prunable_weights"):
        return list(layer.get_prunable_weights())
    found: list[Any] = []
    for path in LAYERS.get(type(layer), ()):
        owner = layer
        for name in path.split("."):
            owner = getattr(owner, name)
        found.append(owner)
    for cell in cells_of(layer):
        if hasattr(cell, "get_prunable_weights"):
            found += cell.get_prunable_weights()
        else:
            found += [cell.kernel, cell.recurrent_kernel]
    return found
