"""`tf.compat.v1.train.Checkpoint`: checkpoints of objects, with sessions."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.saving.checkpoint.checkpoint import Checkpoint
from tidefall.saving.checkpoint.options import CheckpointOptions


@export("compat.v1.train.Checkpoint")
class CheckpointV1(Checkpoint):
    """Saves and restores trackable objects, in a session or in eager code.

    In a session, restoring waits for `run_restore_ops` or `initialize_or_restore` of what `restore`
    returns.

    Args:
        **kwargs: the objects by name.

    >>> import tempfile
    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
    ...     v = v1.get_variable("v", initializer=3.0)
    ...     checkpoint = v1.train.Checkpoint(v=v)
    ...     with v1.Session() as session:
    ...         _ = session.run(v.initializer)
    ...         path = checkpoint.save(folder + "/ckpt")
    ...         _ = session.run(v.assign(0.0))
    ...         checkpoint.restore(path).assert_consumed().run_restore_ops()
    ...         session.run(v)
    np.float32(3.0)
    """

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)

    def save(  # type: ignore[override]
        self, file_prefix: Any, session: Any = None, options: CheckpointOptions | None = None
    ) -> str:
        """Write a numbered checkpoint, and note it as the latest of its folder.

        Args:
            file_prefix: what the names of its files begin with; `-` and a number are added.
            session: the session that has the values; None for the default one, or in eager code.
            options: a `tf.train.CheckpointOptions`.

        Returns:
            The path to give to `restore`.
        """
        return self._save(file_prefix, options, session)

    def write(  # type: ignore[override]
        self, file_prefix: Any, session: Any = None, options: CheckpointOptions | None = None
    ) -> str:
        """Write a checkpoint under exactly this name; see `save`."""
        return self._write(file_prefix, options, session=session)

    def restore(self, save_path: Any) -> Any:  # type: ignore[override]
        """Restore what `save` or `write` wrote.

        Args:
            save_path: what they returned; None restores nothing.

        Returns:
            A status object; see `tf.train.Checkpoint.read`.
        """
        return super().restore(save_path)
