"""What is exported: the functions of a model, as other formats take them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from tidefall.base import errors
from tidefall.lite.converter.sources import (
    DEFAULT_SIGNATURE,
    Source,
    from_functions,
    from_keras,
    from_saved_model,
)


def sources_of(
    model: Any, signature: str | None = None, input_signature: Sequence[Any] | None = None
) -> tuple[list[Source], Any]:
    """Return the functions of a model, and what keeps them alive.

    Args:
        model: the folder of a SavedModel, the path of a `.keras` file, a built Keras model, a
            `tf.function` or a concrete function.
        signature: which signature of a SavedModel; all for None.
        input_signature: specifications of a function's arguments.

    Raises:
        ValueError: if it is no model, or lacks the signature.
    """
    if isinstance(model, (str, os.PathLike)):
        name = os.fspath(model)
        if os.path.isdir(name):
            return from_saved_model(name, None if signature is None else [signature])
        if name.endswith((".keras", ".h5", ".hdf5")):
            import keras

            model = keras.saving.load_model(name, compile=False)
        elif not os.path.exists(name):
            raise errors.NotFoundError(None, None, f"There is no {name}.")
        else:
            raise ValueError(f"{name} is neither the folder of a SavedModel nor a .keras file.")
    if hasattr(model, "get_concrete_function"):
        model = model.get_concrete_function(*(input_signature or ()))
    if hasattr(model, "graph") and hasattr(model, "call_flat"):
        return from_functions([model]), model
    if hasattr(model, "layers") and hasattr(model, "weights"):
        return [from_keras(model)], model
    raise ValueError(
        "Expected the folder of a SavedModel, a Keras model, a tf.function or a concrete function. "
        f"Received: {model!r}"
    )


def chosen(sources: list[Source], signature: str | None) -> Source:
    """Return the signature that is asked for, the default one, or the only one.

    Raises:
        ValueError: if several could be meant.
    """
    keys = [s.key for s in sources]
    wanted = signature or (DEFAULT_SIGNATURE if DEFAULT_SIGNATURE in keys else None)
    if wanted is None and len(sources) == 1:
        return sources[0]
    if wanted in keys:
        return sources[keys.index(wanted)]
    raise ValueError(f"Name one of the signatures {', '.join(keys)}: what is written has one.")
