"""What the higher layers do for the lower ones, which must not import them.

One record, filled once when tidefall is imported (`connections.py`). Its functions import the layer
that does the work when they are first called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


def _absent(*args: Any) -> Any:
    raise RuntimeError("A service was asked for before tidefall was imported as a whole.")


@dataclass
class Services:
    """Functions of higher layers.

    Attributes:
        run_lowering: runs an op that has only a lowering, on eager tensors, `(op, tensors, attrs)`;
            the runtime's.
        may_compile_eagerly: whether an eager op that has a host kernel, too, may be compiled.
        make_accelerator: the device of that name; the runtime's.
        run_vectorized: runs a function on many inputs at once, `(step, rows, parallel, limit)`; the
            function layer's.
        proto_codec: writes and reads type specs as messages, `(encode, decode, message)`; the io
            layer's.
        default_session: the innermost default session of this thread, or None; TensorFlow 1's.
        make_session: a session of TensorFlow 1, of a graph and a configuration; None for either
            takes the default.
    """

    run_lowering: Callable[[Any, Sequence[Any], dict[str, Any]], Any] = _absent
    may_compile_eagerly: Callable[[], bool] = _absent
    make_accelerator: Callable[[str], Any] = _absent
    run_vectorized: Callable[..., list[Any]] = _absent
    proto_codec: Callable[[], tuple[Any, Any, Any]] = _absent
    default_session: Callable[[], Any] = _absent
    make_session: Callable[[Any, Any], Any] = _absent


services = Services()
