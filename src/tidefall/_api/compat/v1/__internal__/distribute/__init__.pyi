# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.distribute`."""

from tidefall._api.__internal__.distribute import ShardedVariable as ShardedVariable
from tidefall._api.__internal__.distribute import strategy_supports_no_merge_call as strategy_supports_no_merge_call
from tidefall._api.compat.v1.__internal__.distribute import interim as interim

