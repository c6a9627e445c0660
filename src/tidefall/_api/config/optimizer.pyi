# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.config.optimizer`."""

from typing import Any

def get_experimental_options() -> dict[str, Any]:
    """The options of the graph optimizer that were set, by name; see `set_experimental_options`."""
def get_jit() -> str:
    """"autoclustering" if functions are compiled from their first call on, else an empty string."""
def set_experimental_options(options: dict[str, Any]) -> None:
    """Turn steps of the graph optimizer on or off, for functions that run for the first time later."""
def set_jit(enabled: bool | str) -> None:
    """Compile functions with XLA from their first call on, where that can be done."""
