"""`tf.experimental.dtensor.DTensorCheckpoint`."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.distribute.dtensor.mesh import Mesh
from tidefall.saving.checkpoint.checkpoint import Checkpoint


@export("experimental.dtensor.DTensorCheckpoint")
class DTensorCheckpoint(Checkpoint):
    """A checkpoint of objects with variables on a mesh.

    `tf.train.Checkpoint` does the same: the files have whole values, and each variable is divided
    anew by its own layout when it is restored.

    Args:
        mesh: the mesh.
        root, **kwargs: the objects; see `tf.train.Checkpoint`.

    >>> import tempfile
    >>> import tidefall as tf
    >>> dtensor = tf.experimental.dtensor
    >>> mesh = dtensor.create_mesh([("x", 1)], devices=["CPU:0"])
    >>> v = dtensor.DVariable([1.0], layout=dtensor.Layout(["x"], mesh))
    >>> checkpoint = dtensor.DTensorCheckpoint(mesh, v=v)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = checkpoint.save(folder + "/ckpt")
    ...     _ = v.assign_add(v)
    ...     _ = checkpoint.restore(path).assert_consumed()
    >>> v.numpy()
    array([1.], dtype=float32)
    """

    def __init__(self, mesh: Mesh, root: Any = None, **kwargs: Any):
        super().__init__(root, **kwargs)
        self._setattr_tracking = False
        self._mesh = mesh
        self._setattr_tracking = True
