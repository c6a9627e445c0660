"""`tensorflow.experimental.dtensor`: imported by Keras, not offered yet."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import UnimplementedError

UNSHARDED = "unsharded"


class Layout:
    """How a tensor is laid out over a mesh; not implemented yet."""

    def __init__(self, sharding_specs: Any, mesh: Any):
        raise UnimplementedError(None, None, "DTensor is not implemented in Tidefall yet.")


def create_distributed_mesh(*args: Any, **kwargs: Any) -> Any:
    """Make a mesh of devices; not implemented yet."""
    raise UnimplementedError(None, None, "DTensor is not implemented in Tidefall yet.")
