"""Collections of a graph by their usual names, and what is made of them."""

from __future__ import annotations

from typing import Any

from tidefall.base.exports import export
from tidefall.base.state import name_scope, state
from tidefall.graph.v1.default_graph import get_default_graph
from tidefall.op import raw
from tidefall.ops.array.identity import group
from tidefall.ops.array.identity import no_op as make_no_op
from tidefall.tensor.conversion import constant


@export("compat.v1.GraphKeys")
class GraphKeys:
    """Names of the collections that libraries agree on."""

    GLOBAL_VARIABLES = "variables"
    LOCAL_VARIABLES = "local_variables"
    METRIC_VARIABLES = "metric_variables"
    MODEL_VARIABLES = "model_variables"
    TRAINABLE_VARIABLES = "trainable_variables"
    SUMMARIES = "summaries"
    QUEUE_RUNNERS = "queue_runners"
    TABLE_INITIALIZERS = "table_initializer"
    ASSET_FILEPATHS = "asset_filepaths"
    MOVING_AVERAGE_VARIABLES = "moving_average_variables"
    REGULARIZATION_LOSSES = "regularization_losses"
    CONCATENATED_VARIABLES = "concatenated_variables"
    SAVERS = "savers"
    WEIGHTS = "weights"
    BIASES = "biases"
    ACTIVATIONS = "activations"
    UPDATE_OPS = "update_ops"
    LOSSES = "losses"
    SAVEABLE_OBJECTS = "saveable_objects"
    RESOURCES = "resources"
    LOCAL_RESOURCES = "local_resources"
    INIT_OP = "init_op"
    LOCAL_INIT_OP = "local_init_op"
    READY_OP = "ready_op"
    READY_FOR_LOCAL_INIT_OP = "ready_for_local_init_op"
    SUMMARY_OP = "summary_op"
    GLOBAL_STEP = "global_step"
    EVAL_STEP = "eval_step"
    TRAIN_OP = "train_op"
    COND_CONTEXT = "cond_context"
    WHILE_CONTEXT = "while_context"
    _STREAMING_MODEL_PORTS = "streaming_model_ports"

    @property
    def VARIABLES(cls) -> str:
        """Old name of GLOBAL_VARIABLES."""
        return cls.GLOBAL_VARIABLES


@export("compat.v1.get_collection")
def get_collection(key: Any, scope: str | None = None) -> list[Any]:
    """A copy of a collection of the default graph; see `tf.Graph.get_collection`."""
    return get_default_graph().get_collection(key, scope)


@export("compat.v1.get_collection_ref")
def get_collection_ref(key: Any) -> list[Any]:
    """The list behind a collection of the default graph."""
    return get_default_graph().get_collection_ref(key)


@export("compat.v1.add_to_collection")
def add_to_collection(name: Any, value: Any) -> None:
    """Append a value to a collection of the default graph."""
    get_default_graph().add_to_collection(name, value)


@export("compat.v1.add_to_collections")
def add_to_collections(names: Any, value: Any) -> None:
    """Append a value to collections of the default graph."""
    get_default_graph().add_to_collections(names, value)


# ---- lists of variables ----


@export("compat.v1.global_variables")
def global_variables(scope: str | None = None) -> list[Any]:
    """The variables that are shared and saved.

    Args:
        scope: a regular expression; only variables whose name begins with it.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default():
    ...     v = tf.compat.v1.get_variable("v", [2])
    ...     [variable.name for variable in tf.compat.v1.global_variables()]
    ['v:0']
    """
    return get_collection(GraphKeys.GLOBAL_VARIABLES, scope)


@export("compat.v1.all_variables")
def all_variables() -> list[Any]:
    """Old name of `global_variables`."""
    return global_variables()


@export("compat.v1.local_variables")
def local_variables(scope: str | None = None) -> list[Any]:
    """The variables of this process alone, which are not saved."""
    return get_collection(GraphKeys.LOCAL_VARIABLES, scope)


@export("compat.v1.model_variables")
def model_variables(scope: str | None = None) -> list[Any]:
    """The variables needed for inference."""
    return get_collection(GraphKeys.MODEL_VARIABLES, scope)


@export("compat.v1.trainable_variables")
def trainable_variables(scope: str | None = None) -> list[Any]:
    """The variables that optimizers change."""
    return get_collection(GraphKeys.TRAINABLE_VARIABLES, scope)


@export("compat.v1.moving_average_variables")
def moving_average_variables(scope: str | None = None) -> list[Any]:
    """The variables that moving averages are kept of."""
    return get_collection(GraphKeys.MOVING_AVERAGE_VARIABLES, scope)


# ---- initialising them ----


@export("compat.v1.variables_initializer", "compat.v1.initializers.variables")
def variables_initializer(var_list: Any, name: str = "init") -> Any:
    """A node that initialises variables.

    Args:
        var_list: the variables.
        name: name of the node.

    Returns:
        The node; in eager code, where variables have values at once, None.
    """
    if state.graph is None:
        return make_no_op(name=name)
    if var_list:
        return group(*[variable.initializer for variable in var_list], name=name)
    return make_no_op(name=name)


@export("compat.v1.initialize_variables")
def initialize_variables(var_list: Any, name: str = "init") -> Any:
    """Old name of `variables_initializer`."""
    return variables_initializer(var_list, name)


@export("compat.v1.global_variables_initializer", "compat.v1.initializers.global_variables")
def global_variables_initializer() -> Any:
    """A node that initialises all global variables.

    >>> import tidefall as tf
    >>> with tf.Graph().as_default(), tf.compat.v1.Session() as session:
    ...     v = tf.compat.v1.get_variable("v", initializer=[1.0, 2.0])
    ...     session.run(tf.compat.v1.global_variables_initializer())
    ...     print(session.run(v))
    [1. 2.]
    """
    if state.graph is None:
        return make_no_op(name="global_variables_initializer")
    return variables_initializer(global_variables())


@export("compat.v1.initialize_all_variables")
def initialize_all_variables() -> Any:
    """Old name of `global_variables_initializer`."""
    return global_variables_initializer()


@export("compat.v1.local_variables_initializer", "compat.v1.initializers.local_variables")
def local_variables_initializer() -> Any:
    """A node that initialises all local variables."""
    if state.graph is None:
        return make_no_op(name="local_variables_initializer")
    return variables_initializer(local_variables())


@export("compat.v1.initialize_local_variables")
def initialize_local_variables() -> Any:
    """Old name of `local_variables_initializer`."""
    return local_variables_initializer()


@export("compat.v1.tables_initializer", "compat.v1.initializers.tables_initializer")
def tables_initializer(name: str = "init_all_tables") -> Any:
    """A node that fills all lookup tables."""
    if state.graph is None:
        return make_no_op(name=name)
    found = get_collection(GraphKeys.TABLE_INITIALIZERS)
    return group(*found, name=name) if found else make_no_op(name=name)


@export("compat.v1.initialize_all_tables")
def initialize_all_tables(name: str = "init_all_tables") -> Any:
    """Old name of `tables_initializer`."""
    return tables_initializer(name)


@export("compat.v1.is_variable_initialized")
def is_variable_initialized(variable: Any) -> Any:
    """Whether a variable has a value, as a bool tensor."""
    return variable.is_initialized()


@export("compat.v1.report_uninitialized_variables")
def report_uninitialized_variables(
    var_list: Any = None, name: str = "report_uninitialized_variables"
) -> Any:
    """The names of the variables without a value.

    Args:
        var_list: the variables; all global and local ones if None.
        name: name of the node.

    Returns:
        A string tensor `[count]`.
    """
    if var_list is None:
        var_list = global_variables() + local_variables()
    with name_scope(name):
        if not var_list:
            return constant([], dtype="string")
        missing = raw.LogicalNot(
            raw.Pack([variable.is_initialized() for variable in var_list], axis=0)
        )
        names = constant([variable.op.name for variable in var_list])
        from tidefall.base.exports import exported
        from tidefall.surface import resolve

        resolve("", "boolean_mask")
        return exported("boolean_mask")(names, missing)


@export("compat.v1.assert_variables_initialized")
def assert_variables_initialized(var_list: Any = None) -> Any:
    """A node that fails unless all variables have a value.

    Args:
        var_list: the variables; all global and local ones if None.
    """
    if var_list is None:
        var_list = global_variables() + local_variables()
    if not var_list:
        return None
    reads = [raw.Identity(variable.value()) for variable in var_list]
    return group(*reads)
