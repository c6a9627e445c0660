"""Which columns a preprocessing function uses."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.features import type_specs
from tidefall.lifecycle.transform.phases import Traced, trace_preprocessing


def _used(traced: Traced, tensors: list[Any]) -> list[str]:
    ancestors = traced.ancestors(tensors)
    inputs = iter(traced.graph.inputs)
    used = []
    for name, spec in sorted(traced.specs.items()):
        parts = [next(inputs) for _ in tf.nest.flatten(spec, expand_composites=True)]
        if any(part.op.name in ancestors for part in parts):
            used.append(name)
    return used


def get_analyze_input_columns(
    preprocessing_fn: Callable[[Any], Any], specs: Mapping[str, Any],
    force_tf_compat_v1: bool = False,
) -> list[str]:  # fmt: skip
    """Return the columns that the analyzers of a preprocessing function need.

    Args:
        preprocessing_fn: the function.
        specs: feature specs or TypeSpecs, by name.
        force_tf_compat_v1: not used; for code that gives it.
    """
    del force_tf_compat_v1
    with tempfile.TemporaryDirectory() as folder:
        traced = trace_preprocessing(preprocessing_fn, type_specs(specs), [], folder)
        return _used(traced, [t for call in traced.trace.calls for t in call.inputs])


def get_transform_input_columns(
    preprocessing_fn: Callable[[Any], Any], specs: Mapping[str, Any],
    force_tf_compat_v1: bool = False,
) -> list[str]:  # fmt: skip
    """Return the columns that the outputs of a preprocessing function are made of.

    See `get_analyze_input_columns`.
    """
    del force_tf_compat_v1
    with tempfile.TemporaryDirectory() as folder:
        traced = trace_preprocessing(preprocessing_fn, type_specs(specs), [], folder)
        return _used(traced, tf.nest.flatten(traced.outputs, expand_composites=True))
