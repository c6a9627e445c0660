# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.config.threading`."""

from tidefall._api.config.threading import get_inter_op_parallelism_threads as get_inter_op_parallelism_threads
from tidefall._api.config.threading import get_intra_op_parallelism_threads as get_intra_op_parallelism_threads
from tidefall._api.config.threading import set_inter_op_parallelism_threads as set_inter_op_parallelism_threads
from tidefall._api.config.threading import set_intra_op_parallelism_threads as set_intra_op_parallelism_threads

