"""The toolkit's own name."""

from __future__ import annotations

import importlib
import sys

import pytest

from tidefall.compat import tensorflow as alias
from tidefall.lite import optimize

PUBLIC = {
    "sparsity.keras": "prune_low_magnitude prune_scope strip_pruning UpdatePruningStep "
    "PruningSummaries PruningSchedule ConstantSparsity PolynomialDecay PrunableLayer PruningPolicy "
    "PruneForLatencyOnXNNPack",
    "clustering.keras": "experimental cluster_scope cluster_weights strip_clustering "
    "CentroidInitialization ClusteringAlgorithm ClusteringSummaries ClusterableLayer",
    "clustering.keras.experimental": "cluster_weights",
    "quantization.keras": "quantizers default_8bit collab_opts quantize_model quantize_scope "
    "fix_input_output_range quantize_annotate_layer quantize_annotate_model quantize_apply "
    "remove_input_range QuantizeConfig QuantizeWrapper QuantizeWrapperV2 QuantizeScheme "
    "QuantizeLayoutTransform QuantizeRegistry",
    "quantization.keras.quantizers": "AllValuesQuantizer FixedQuantizer LastValueQuantizer "
    "MovingAverageQuantizer Quantizer",
    "quantization.keras.default_8bit": "Default8BitQuantizeScheme Default8BitQuantizeRegistry "
    "Default8BitQuantizeLayoutTransform",
    "quantization.keras.collab_opts": "Default8BitPrunePreserveQuantizeScheme",
    "experimental.combine": "Default8BitPrunePreserveQuantizeScheme strip_clustering_cqat "
    "Default8BitClusterPreserveQuantizeScheme",
    "python.core.keras.compat": "keras",
}


@pytest.fixture
def enabled():
    was = alias.enabled()
    alias.enable()
    yield
    if not was:
        alias.disable()


@pytest.mark.usefixtures("enabled")
@pytest.mark.parametrize("path", PUBLIC)
def test_public_names(path):
    module = importlib.import_module(f"tensorflow_model_optimization.{path}")
    assert [n for n in PUBLIC[path].split() if not hasattr(module, n)] == []
    assert importlib.import_module("tensorflow_model_optimization") is optimize


def test_name_is_gone_afterwards():
    if not alias.enabled():
        assert "tensorflow_model_optimization" not in sys.modules
