# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.saved_model.main_op`."""

from tidefall._api.compat.v1.saved_model import main_op_with_restore as main_op_with_restore
from typing import Any

def main_op() -> Any:
    """A node that initialises all variables and tables."""
