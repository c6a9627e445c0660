# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.linalg.experimental`."""

from tidefall._api._types import TensorLike
from typing import Any

def conjugate_gradient(operator: Any, rhs: TensorLike, preconditioner: Any = None, x: Any = None, tol: Any = 1e-05, max_iter: Any = 20, name: str = 'conjugate_gradient') -> Any:
    """Solve `operator @ x = rhs` for a positive definite operator, by conjugate gradients."""
