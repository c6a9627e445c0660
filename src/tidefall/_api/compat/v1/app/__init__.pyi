# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.app`."""

from collections.abc import Callable
from collections.abc import Sequence
from tidefall._api.compat.v1.app import flags as flags
from typing import Any

def run(main: Callable[..., Any] | None = None, argv: Sequence[str] | None = None) -> None:
    """Parse the flags of the command line, call `main` with the rest, and exit."""
