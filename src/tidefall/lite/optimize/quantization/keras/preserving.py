"""Quantization-aware training of models that are sparse or clustered, and stay so."""

from __future__ import annotations

from functools import partial
from typing import Any

import keras
import numpy as np

from tidefall.lite.optimize.clustering.keras.algorithm import ClusteringAlgorithm
from tidefall.lite.optimize.models import exchange, uncast
from tidefall.lite.optimize.quantization.keras.config import Default8BitQuantizeConfig
from tidefall.lite.optimize.quantization.keras.default_8bit import (
    Default8BitQuantizeRegistry,
    Default8BitQuantizeScheme,
)
from tidefall.lite.optimize.quantization.keras.quantizers import (
    PACKAGE,
    LastValueQuantizer,
    Quantizer,
    register,
)
from tidefall.lite.optimize.quantization.keras.wrapper import QuantizeWrapper

ops: Any = keras.ops


class _SparseQuantizer(LastValueQuantizer):
    """Weights that are zero when training begins stay zero."""

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        made = super().build(tensor_shape, name, layer)
        made["mask"] = layer.add_weight(
            name=f"{name}_mask", shape=tensor_shape, initializer="ones", dtype="float32",
            trainable=False, autocast=False,
        )  # fmt: skip
        return made

    def take(self, weight: Any, made: dict[str, Any]) -> None:
        """Remember what is zero."""
        made["mask"].assign(ops.cast(ops.not_equal(uncast(weight), 0), "float32"))

    def plain(self, inputs: Any, weights: dict[str, Any]) -> Any:
        """The weight before it is quantized."""
        return inputs * ops.cast(uncast(weights["mask"]), inputs.dtype)

    def __call__(self, inputs: Any, training: Any, weights: Any, **kwargs: Any) -> Any:
        return super().__call__(self.plain(inputs, weights), training, weights, **kwargs)


class _ClusteredQuantizer(_SparseQuantizer):
    """Weights have as many different values as when training begins; the values learn."""

    def __init__(self, per_axis: bool, clusters: int, preserve_sparsity: bool):
        super().__init__(8, per_axis, True, True)
        self.clusters, self.preserve_sparsity = clusters, preserve_sparsity

    def build(self, tensor_shape: Any, name: str, layer: Any) -> dict[str, Any]:
        made = super().build(tensor_shape, name, layer)

        def add(label: str, trainable: bool) -> Any:
            return layer.add_weight(
                name=f"{name}_{label}", shape=(self.clusters,), initializer="zeros",
                dtype="float32", trainable=trainable, autocast=False,
            )  # fmt: skip

        made["centroids"], made["nonzero"] = add("centroids", True), add("nonzero_centroids", False)
        return made

    def take(self, weight: Any, made: dict[str, Any]) -> None:
        """Remember the values, and if zeros are kept what is zero."""
        values = np.unique(ops.convert_to_numpy(uncast(weight)))
        if values.size > self.clusters:
            return  # a model that is being loaded: its values come later
        made["centroids"].assign(np.resize(values, self.clusters))
        made["nonzero"].assign(np.ones(self.clusters))
        if self.preserve_sparsity:
            super().take(weight, made)
            made["nonzero"].assign(np.resize(values, self.clusters) != 0)

    def plain(self, inputs: Any, weights: dict[str, Any]) -> Any:
        weight = super().plain(inputs, weights)
        work = ClusteringAlgorithm(uncast(weights["centroids"]) * uncast(weights["nonzero"]))
        return work.get_clustered_weight(work.get_pulling_indices(weight), weight)

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        names = ("per_axis", "clusters", "preserve_sparsity")
        return {n: getattr(self, n) for n in names}


@register(PACKAGE, "Default8BitPrunePreserveQuantizeConfig")
class Default8BitPrunePreserveQuantizeConfig(Default8BitQuantizeConfig):
    """As the default, for sparse weights."""

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        quantizer = _SparseQuantizer(8, self.per_axis, True, True)
        return [(getattr(layer, name), quantizer) for name in self.weight_attrs]


@register(PACKAGE, "Default8BitClusterPreserveQuantizeConfig")
class Default8BitClusterPreserveQuantizeConfig(Default8BitQuantizeConfig):
    """As the default, for clustered weights.

    Args:
        weight_attrs, activation_attrs, quantize_output, per_axis: as there.
        preserve_sparsity: whether zeros stay zero too.
        clusters: how many values the weights have; counted if None.
    """

    def __init__(
        self,
        weight_attrs: Any,
        activation_attrs: Any,
        quantize_output: bool,
        per_axis: bool = False,
        preserve_sparsity: bool = True,
        clusters: list[int] | None = None,
    ):
        super().__init__(weight_attrs, activation_attrs, quantize_output, per_axis)
        self.preserve_sparsity, self.clusters = preserve_sparsity, clusters

    def get_weights_and_quantizers(self, layer: Any) -> list[tuple[Any, Quantizer]]:
        weights = [getattr(layer, name) for name in self.weight_attrs]
        if self.clusters is None:
            arrays = [ops.convert_to_numpy(uncast(w)) for w in weights]
            self.clusters = [len(np.unique(a)) for a in arrays]
        return [
            (w, _ClusteredQuantizer(self.per_axis, count, self.preserve_sparsity))
            for w, count in zip(weights, self.clusters, strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        more = {"preserve_sparsity": self.preserve_sparsity, "clusters": self.clusters}
        return {**super().get_config(), **more}


class _SparseRegistry(Default8BitQuantizeRegistry):
    kernel_config = Default8BitPrunePreserveQuantizeConfig


class Default8BitPrunePreserveQuantizeScheme(Default8BitQuantizeScheme):
    """The default scheme, but that zeros among the weights stay zero (PQAT)."""

    registry = _SparseRegistry


class Default8BitClusterPreserveQuantizeScheme(Default8BitQuantizeScheme):
    """The default scheme, but that weights keep to few values (CQAT), and zeros to zero (PCQAT).

    Args:
        preserve_sparsity: whether zeros stay zero.
    """

    def __init__(self, preserve_sparsity: bool = True):
        super().__init__()
        self._registry.kernel_config = partial(
            Default8BitClusterPreserveQuantizeConfig, preserve_sparsity=preserve_sparsity
        )


def strip_clustering_cqat(to_strip: Any) -> Any:
    """A quantization-aware model without the clusters, whose weights are their values.

    Args:
        to_strip: a model that the cluster preserving scheme made.

    Returns:
        The model as the default scheme would have made it, ready to be converted.

    Raises:
        ValueError: for anything but a Keras model.
    """
    if not isinstance(to_strip, keras.Model):
        raise ValueError(f"Expected to_strip to be a `keras.Model` instance but got: {to_strip!r}")

    def strip(layer: Any) -> Any:
        if isinstance(layer, QuantizeWrapper) and isinstance(
            layer.quantize_config, Default8BitClusterPreserveQuantizeConfig
        ):
            return _without_clusters(layer)
        return layer

    return exchange(to_strip, strip)


def _without_clusters(wrapper: QuantizeWrapper) -> QuantizeWrapper:
    old: Any = wrapper.quantize_config
    names = ("weight_attrs", "activation_attrs", "quantize_output", "per_axis")
    config = Default8BitQuantizeConfig(*(getattr(old, n) for n in names))
    for weight, quantizer, variables in wrapper.quantized_weights:
        assert isinstance(quantizer, _ClusteredQuantizer)
        weight.assign(quantizer.plain(uncast(weight), variables))
    return wrapper.with_config(config)
