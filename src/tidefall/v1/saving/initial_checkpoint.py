"""`tf.compat.v1.train.init_from_checkpoint`: variables that begin with values of a checkpoint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.saving.checkpoint.bundle import open_checkpoint
from tidefall.saving.checkpoint.reader import checkpoint_prefix
from tidefall.v1.graphs.graph_keys import GraphKeys
from tidefall.v1.variables.partitioned_variables import PartitionedVariable
from tidefall.v1.variables.variable_store import VariableStore


@export("compat.v1.train.init_from_checkpoint")
def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Let the variables of a graph begin with the values of a checkpoint.

    Variables take them when their initializers run; variables of eager code take them at once.

    Args:
        ckpt_dir_or_file: the path of a checkpoint, or a folder whose latest checkpoint is meant.
        assignment_map: a dict, or a list of pairs. Keys are names of tensors of the checkpoint,
            values are variables, partitioned ones, lists of the parts of one, or names that
            `get_variable` gave; or keys and values are scopes
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
        for name, found in _pairs(reader, ckpt_dir_or_file, assignment_map):
            for variable in found if isinstance(found, list) else [found]:
                _begin_with(variable, reader, name)


@export("compat.v1.train.warm_start")
def warm_start(
    ckpt_to_initialize_from: Any,
    vars_to_warm_start: Any = ".*",
    var_name_to_vocab_info: Any = None,
    var_name_to_prev_var_name: Any = None,
) -> None:
    """Let variables of the graph begin with the values that variables of a checkpoint have.

    Args:
        ckpt_to_initialize_from: the path of a checkpoint, or a folder whose latest one is meant.
        vars_to_warm_start: a pattern for the names of trainable variables; a list of patterns for
            those of all variables, or of variables; None for no variable.
        var_name_to_vocab_info: vocabularies that changed; not supported.
        var_name_to_prev_var_name: a dict from the names of variables to those in the checkpoint,
            where these differ.

    Raises:
        UnimplementedError: for vocabularies.
        ValueError: if a name is not used, the checkpoint lacks a tensor, or a shape differs.
        TypeError: if `vars_to_warm_start` is of another kind.

    >>> import tempfile
    >>> import tidefall as tf
    >>> v1 = tf.compat.v1
    >>> def program():
    ...     return v1.get_variable("w", [2], initializer=tf.zeros)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with tf.Graph().as_default(), v1.Session() as session:
    ...         _ = session.run(program().assign([1.0, 2.0]))
    ...         path = v1.train.Saver().save(session, folder + "/model")
    ...     with tf.Graph().as_default(), v1.Session() as session:
    ...         w = program()
    ...         v1.train.warm_start(folder)
    ...         _ = session.run(w.initializer)
    ...         session.run(w)
    array([1., 2.], dtype=float32)
    """
    if var_name_to_vocab_info:
        raise UnimplementedError(
            None, None, "warm_start with var_name_to_vocab_info is not implemented in Tidefall."
        )
    earlier = dict(var_name_to_prev_var_name or {})
    pairs: dict[str, Any] = {}
    for variable in _chosen(vars_to_warm_start):
        part = getattr(variable, "_save_slice_info", None)
        name = variable.name.partition(":")[0] if part is None else part.full_name
        if part is None:
            pairs[earlier.pop(name, name)] = variable
        else:
            pairs.setdefault(earlier.pop(name, name), []).append(variable)
    if earlier:
        raise ValueError(
            "warm_start: var_name_to_prev_var_name names variables that are not warm-started: "
            f"{sorted(earlier)}."
        )
    init_from_checkpoint(ckpt_to_initialize_from, pairs)


def _chosen(wanted: Any) -> list[Any]:
    """The variables that are meant."""
    graph = get_default_graph()
    if wanted is None:
        return []
    if isinstance(wanted, str):
        return graph.get_collection(GraphKeys.TRAINABLE_VARIABLES, scope=wanted)
    if isinstance(wanted, list) and all(isinstance(item, str) for item in wanted):
        found = [graph.get_collection(GraphKeys.GLOBAL_VARIABLES, scope=item) for item in wanted]
        return list({id(v): v for variables in found for v in variables}.values())
    if isinstance(wanted, list) and all(getattr(v, "_is_variable", False) for v in wanted):
        return wanted
    raise TypeError(
        "If `vars_to_warm_start` is a list, it must be all `Variable` or all `str`; it may also be "
        f"a pattern or None. Got {wanted!r}."
    )


def _pairs(reader: Any, path: Any, assignment_map: Any) -> Iterator[tuple[str, Any]]:
    """The names of tensors of the checkpoint, each with its variable."""
    if not isinstance(assignment_map, Mapping | list | tuple):
        raise TypeError(
            "init_from_checkpoint: assignment_map has to be a dict or a list of pairs, got "
            f"{assignment_map!r}."
        )
    known = _known()
    items = assignment_map.items() if isinstance(assignment_map, Mapping) else assignment_map
    for name, target in items:
        variable = known.get(target) if isinstance(target, str) else target
        if isinstance(variable, PartitionedVariable):
            variable = list(variable)
        if _is_whole(variable):
            _check_there(reader, path, name)
            yield name, variable
        elif isinstance(target, str):
            yield from _pairs_of_scope(reader, path, name, target, known)
        else:
            raise TypeError(
                f"init_from_checkpoint: {name!r} has to go to a variable, or to the name of one, "
                f"got {target!r}."
            )


def _known() -> dict[str, Any]:
    """The variables of the graph by name, the parts of partitioned ones in lists."""
    store = VariableStore.current()
    parts = {id(part) for whole in store.partitioned.values() for part in whole}
    found = {name: v for name, v in store.variables.items() if id(v) not in parts}
    return found | {name: list(whole) for name, whole in store.partitioned.items()}


def _is_whole(item: Any) -> bool:
    """Whether something is a variable, or the parts of one."""
    if isinstance(item, list):
        return bool(item) and all(getattr(v, "_save_slice_info", None) is not None for v in item)
    return getattr(item, "_is_variable", False)


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
    part = getattr(variable, "_save_slice_info", None)
    wanted = variable.shape if part is None else TensorShape(part.full_shape)
    if not wanted.is_compatible_with(shape):
        raise ValueError(
            f"Shape of variable {variable.name} ({wanted}) doesn't match with shape of "
            f"tensor {name} ({shape}) from checkpoint reader."
        )
    dtype = variable.dtype.base_dtype
    slices = ["" if part is None else part.spec]
    restored = raw.RestoreV2(
        reader.prefix, [name], slices, dtypes=[dtype], name="checkpoint_initializer"
    )[0]
    if not getattr(variable, "_in_graph_mode", False):
        variable.assign(restored)
        return
    restored.set_shape(shape if part is None else part.var_shape)
    variable._initial_value = restored
    variable._initializer_op = variable.assign(restored, read_value=False)
