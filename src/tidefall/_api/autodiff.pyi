# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.autodiff`."""

from collections.abc import Sequence
from tidefall import GradientTape as GradientTape
import tidefall as tf
from typing import Any

class ForwardAccumulator:
    """Compute Jacobian-vector products while the program runs."""
    is_forward: bool
    def __init__(self, primals: Any, tangents: Any) -> None: ...
    def __enter__(self) -> tf.autodiff.ForwardAccumulator: ...
    def __exit__(self, *exc: object) -> None: ...
    def jvp(self, primals: Any, unconnected_gradients: Any = tf.UnconnectedGradients.NONE) -> Any:
        """The derivative of tensors in the direction of the tangents."""
    def watches(self, tensors: Sequence[Any]) -> bool:
        """True if any of the tensors has a tangent."""
    def watch_variable(self, variable: Any) -> None:
        """Nothing: only the primals are watched."""
    def link(self, outer: Any, inner: Any) -> None:
        """Follow a tensor into the function that captured it."""
    def record(self, record: Any) -> None:
        """Give the outputs of what ran their tangents."""
    def extended(self, record: Any, outputs: Sequence[Any]) -> None:
        """Give tangents to the outputs that a node was given later on."""
