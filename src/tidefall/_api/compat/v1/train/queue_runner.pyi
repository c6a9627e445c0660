# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.train.queue_runner`."""

from tidefall._api.compat.v1.train import QueueRunner as QueueRunner
from tidefall._api.compat.v1.train import add_queue_runner as add_queue_runner
from tidefall._api.compat.v1.train import start_queue_runners as start_queue_runners

