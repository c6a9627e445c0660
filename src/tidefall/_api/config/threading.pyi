# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.config.threading`."""


def get_inter_op_parallelism_threads() -> int:
    """Threads that ops may run on side by side, as it was set; 0 if it was not."""
def get_intra_op_parallelism_threads() -> int:
    """Threads that one op may use; 0 if that was left to the machine."""
def set_inter_op_parallelism_threads(num_threads: int | None) -> None:
    """Choose how many ops may run side by side."""
def set_intra_op_parallelism_threads(num_threads: int | None) -> None:
    """Choose how many threads one op may use."""
