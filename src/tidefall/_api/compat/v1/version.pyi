# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.version`."""


COMPILER_VERSION: str
GIT_VERSION: str
GRAPH_DEF_VERSION: int
GRAPH_DEF_VERSION_MIN_CONSUMER: int
GRAPH_DEF_VERSION_MIN_PRODUCER: int
VERSION: str
