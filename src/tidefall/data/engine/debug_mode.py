"""`tf.data.experimental.enable_debug_mode`: functions of datasets run as the Python they are."""

from __future__ import annotations

from tidefall.base.config import config
from tidefall.base.exports import export
from tidefall.base.state import state


@export("data.experimental.enable_debug_mode")
def enable_debug_mode() -> None:
    """Run the functions of datasets that are made from now on eagerly, as the Python they are.

    Breakpoints, `print` and `.numpy()` then work inside of `map`, `filter` and the others. Each
    function is still traced once, when it is given to a dataset, to learn what it returns. Elements
    are made one after the other, in the thread that asks for them: numbers of parallel calls and
    `prefetch` are ignored, and nothing is done for many elements at once.

    Raises:
        ValueError: it is called while a graph is being built.

    >>> import tidefall as tf
    >>> tf.data.experimental.enable_debug_mode()
    >>> def show(x):
    ...     if tf.executing_eagerly():
    ...         print(x.numpy())
    ...     return x
    >>> _ = list(tf.data.Dataset.range(2).map(show))
    0
    1

    It stays on until the program ends, unless it is turned off as tests do:

    >>> from tidefall.base.config import config
    >>> config.dataset_debug_mode = False
    """
    if state.graph is not None:
        raise ValueError("`enable_debug_mode() is only supported in eager mode.")
    config.dataset_debug_mode = True
