# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.__internal__.distribute`."""

from tidefall._api.__internal__.distribute import interim as interim

def strategy_supports_no_merge_call() -> bool:
    """Whether the strategy in force changes variables without `merge_call`."""
