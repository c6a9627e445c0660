# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.__internal__.distribute.interim`."""

from tidefall._api.__internal__.distribute.interim import maybe_merge_call as maybe_merge_call

