"""`tf.compat.v1.train.init_from_checkpoint`: variables that begin with values of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidefall.compat.v1.variable_store import VariableStore
from tidefall.core.exports import export
from tidefall.core.op import find_op
from tidefall.core.shapes import TensorShape
from tidefall.core.state import init_scope
from tidefall.saving.bundle import open_checkpoint
from tidefall.saving.checkpoint_reader import checkpoint_prefix


@export("compat.v1.train.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Let the variables of a graph begin with the values of a checkpoint.

    Variables take them when their initializers run; variables of eager code take them at once.

    Args:
        ckpt_dir_or_file: the path of a checkpoint, or a folder whose latest checkpoint is meant.
        assignment_map: a dict, or a list of pairs. Keys are names of tensors of the checkpoint,
            values are variables or names that `get_variable` gave; or keys and values are scopes
            with a slash at the end, whose variables have the same names within. A slash alone is
            the scope of everything.

    Raises:
        NotFoundError: if there is no such checkpoint.
        ValueError: if the checkpoint lacks a tensor, or one has another shape than its variable.
        TypeError: for a map of another form.

    >>> import tempfile
    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> with tempfile.TemporaryDirectory() as folder, tf.Graph().as_default():
    ...     a, b = (v1.get_variable(name, [], initializer=tf.ones) for name in "ab")
    ...     with v1.Session() as session:
    ...         _ = session.run(a.assign(5.0))
    ...         path = v1.train.Saver({"a": a}).save(session, folder + "/model")
    ...         v1.train.init_from_checkpoint(folder, {"a": b})
    ...         _ = session.run(b.initializer)
    ...         session.run(b)
    np.float32(5.0)
    """
    reader = open_checkpoint(checkpoint_prefix(ckpt_dir_or_file))
    with init_scope():
        for name, variable in _pairs(reader, ckpt_dir_or_file, assignment_map):
            _begin_with(variable, reader, name)


def _pairs(reader: Any, path: Any, assignment_map: Any) -> Iterator[tuple[str, Any]]:
    """The names of tensors of the checkpoint, each with its variable."""
    if not isinstance(assignment_map, Mapping | list | tuple):
        raise TypeError(
            "init_from_checkpoint: assignment_map has to be a dict or a list of pairs, got "
            f"{assignment_map!r}."
        )
    known = VariableStore.current().variables
    items = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    for name, target in items:
        variable = known.get(target) if isinstance(target, str) else target
        if getattr(variable, "_is_variable", False):
            _check_there(reader, path, name)
            yield name, variable
        elif isinstance(target, str):
            yield from _pairs_of_scope(reader, path, name, target, known)
        else:
            raise TypeError(
                f"init_from_checkpoint: {name!r} has to go to a variable, or to the name of one, "
                f"got {target!r}."
            )


def _pairs_of_scope(
    reader: Any, path: Any, name: str, scope: str, known: Mapping[str, Any]
) -> Iterator[tuple[str, Any]]:
    if not scope.endswith("/") or not name.endswith("/"):
        raise ValueError(
            f"Assignment map with scope only name {scope.rpartition('/')[0]} should map to scope "
            f"only {name}. Should be 'scope/': 'other_scope/'. There is no variable '{scope}'."
        )
    old, new = ("" if text == "/" else text for text in (name, scope))
    for own, variable in sorted(known.items()):
        if own.startswith(new):
            _check_there(reader, path, old + own[len(new) :])
            yield old + own[len(new) :], variable


def _check_there(reader: Any, path: Any, name: str) -> None:
    if name not in reader:
        shapes = {key: list(reader.entry(key).shape) for key in reader}
        raise ValueError(f"Tensor {name} is not found in {path} checkpoint {shapes}")


def _begin_with(variable: Any, reader: Any, name: str) -> None:
    shape = TensorShape(reader.entry(name).shape)
    if not variable.shape.is_compatible_with(shape):
        raise ValueError(
            f"Shape of variable {variable.name} ({variable.shape}) doesn't match with shape of "
            f"tensor {name} ({shape}) from checkpoint reader."
        )
    dtype = variable.dtype.base_dtype
    restored = find_op("RestoreV2")(
        reader.prefix, [name], [""], dtypes=[dtype], name="checkpoint_initializer"
    )[0]
    if not getattr(variable, "_in_graph_mode", False):
        variable.assign(restored)
        return
    restored.set_shape(shape)
    variable._initial_value = restored
    variable._initializer_op = variable.assign(restored, read_value=False)
