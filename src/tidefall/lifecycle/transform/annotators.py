"""Names for files, and objects that are saved with the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tidefall as tf
from tidefall.lifecycle.transform.tracing import current_trace


def annotate_asset(asset_key: str, asset_filename: str) -> None:
    """Let `TFTransformOutput.vocabulary_file_by_name` find an asset under another name.

    Args:
        asset_key: the name to look for.
        asset_filename: the name of the file among the assets.
    """
    current_trace("annotate_asset").assets[asset_key] = asset_filename


def make_and_track_object(
    trackable_factory_callable: Callable[[], Any], name: str | None = None
) -> Any:
    """Return an object that is saved with the graph, such as a table or a Keras model.

    Args:
        trackable_factory_callable: makes it.
        name: of the object, unique; it is then made once, though the function is traced often.

    Raises:
        ValueError: a Keras layer without a name.
    """
    trace = current_trace("make_and_track_object")
    if name is not None and name in trace.module.named:
        return trace.module.named[name]
    with tf.init_scope():
        made = trackable_factory_callable()
    if name is None and hasattr(made, "trainable_weights"):
        raise ValueError("make_and_track_object: give a Keras layer or model a name")
    return trace.track(made, name)
