"""The converter's switches that may have one value here, and why."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from tidefall.base import errors
from tidefall.lite.converter.target import Optimize

_log = logging.getLogger("tidefall.lite")


class Flag(NamedTuple):
    """A switch: the value it must have, and what is to be said of another."""

    default: Any
    reason: str


FLAGS: dict[str, Flag] = {
    "experimental_new_converter": Flag(True, "there is one converter"),
    "experimental_new_quantizer": Flag(True, "there is one quantizer"),
    "experimental_new_dynamic_range_quantizer": Flag(True, "there is one quantizer"),
    "experimental_lower_to_saved_model": Flag(
        True, "functions are converted as they are, without a SavedModel in between"
    ),
    "experimental_enable_resource_variables": Flag(
        True, "variables are constants of the model, so there are no others to fall back on"
    ),
    "experimental_use_stablehlo_quantizer": Flag(
        False, "models are quantized after lowering, not as StableHLO"
    ),
    "experimental_stablehlo_quantizer_config": Flag(
        None, "models are quantized after lowering, not as StableHLO"
    ),
    "unfold_batchmatmul": Flag(
        False, "BATCH_MATMUL is a builtin of every runtime since 2.3, and products with constant "
        "weights are FULLY_CONNECTED already",
    ),
    "legalize_custom_tensor_list_ops": Flag(
        False, "lists of tensors become stacked tensors, which builtins work on"
    ),
    "model_origin_framework": Flag("UNSET", "it is TensorFlow"),
}  # fmt: skip


def set_defaults(converter: Any) -> None:
    """Give a converter the switches."""
    for name, flag in FLAGS.items():
        setattr(converter, name, flag.default)


def check(converter: Any) -> None:
    """Refuse values that cannot be had.

    Raises:
        tf.errors.UnimplementedError: with the reason.
    """
    for name, flag in FLAGS.items():
        given = getattr(converter, name, flag.default)
        if given != flag.default:
            raise errors.UnimplementedError(
                None, None,
                f"TFLiteConverter.{name} = {given!r} is not there: {flag.reason}. Leave it "
                f"{flag.default!r}.",
            )  # fmt: skip
    if Optimize.EXPERIMENTAL_SPARSITY in set(converter.optimizations or ()):
        _log.warning(
            "Optimize.EXPERIMENTAL_SPARSITY changes nothing: files hold pruned weights with their "
            "zeros. Compress the file, where its size counts."
        )
