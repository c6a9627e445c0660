"""What TensorFlow Transform calls experimental."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from tidefall.lifecycle.data_validation.failures import unimplemented
from tidefall.lifecycle.transform.inspect_columns import (
    get_analyze_input_columns,
    get_transform_input_columns,
)
from tidefall.lifecycle.transform.mappers.categories import compute_and_apply_vocabulary
from tidefall.lifecycle.transform.mappers.texts import document_frequency, idf
from tidefall.lifecycle.transform.vocabularies import vocabulary

__all__ = [
    "approximate_vocabulary", "compute_and_apply_approximate_vocabulary", "document_frequency",
    "get_analyze_input_columns", "get_transform_input_columns", "idf", "ptransform_analyzer",
]  # fmt: skip


def approximate_vocabulary(
    x: Any, top_k: int, *, vocab_filename: str | None = None, store_frequency: bool = False,
    reserved_tokens: Any = None, weights: Any = None, file_format: str = "text",
    name: str | None = None,
) -> Any:  # fmt: skip
    """Return the file of the `top_k` most frequent values; here it is exact. See `vocabulary`."""
    return vocabulary(
        x, top_k=top_k, vocab_filename=vocab_filename, store_frequency=store_frequency,
        reserved_tokens=reserved_tokens, weights=weights, file_format=file_format,
        name=name or "approximate_vocabulary",
    )  # fmt: skip


def compute_and_apply_approximate_vocabulary(
    x: Any, *, default_value: Any = -1, top_k: int | None = None, num_oov_buckets: int = 0,
    vocab_filename: str | None = None, weights: Any = None, file_format: str = "text",
    store_frequency: bool | None = False, reserved_tokens: Any = None, name: str | None = None,
) -> Any:  # fmt: skip
    """Return the place of each value among the most frequent ones; here it is exact.

    See `compute_and_apply_vocabulary`.
    """
    return compute_and_apply_vocabulary(
        x, default_value=default_value, top_k=top_k, num_oov_buckets=num_oov_buckets,
        vocab_filename=vocab_filename, weights=weights, file_format=file_format,
        store_frequency=store_frequency, reserved_tokens=reserved_tokens, name=name,
    )  # fmt: skip


def ptransform_analyzer(
    inputs: Collection[Any], ptransform: Any, output_dtypes: Collection[Any],
    output_shapes: Collection[Any], output_asset_default_values: Any = None,
    name: str | None = None,
) -> Any:  # fmt: skip
    """Refuse an analyzer written as a Beam transform.

    Raises:
        UnimplementedError: always.
    """
    del inputs, output_dtypes, output_shapes, output_asset_default_values, name
    raise unimplemented(
        f"ptransform_analyzer({ptransform!r}): analyzers of Beam do not run here. Say it with the "
        "analyzers of this package"
    )
