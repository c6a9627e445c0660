"""`tf.saved_model.load`."""

from __future__ import annotations

import os
from typing import Any

from tidefall.base.background import yield_gil
from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import DataLossError, NotFoundError, UnimplementedError
from tidefall.base.exports import export
from tidefall.base.shapes import TensorShape
from tidefall.base.state import init_scope
from tidefall.composite.trackable.resource import Asset, TrackableResource
from tidefall.composite.trackable.tracked_list import ListWrapper
from tidefall.composite.trackable.tracked_mapping import _DictWrapper, _TupleWrapper
from tidefall.composite.variables.variable import Variable
from tidefall.function.concrete import ConcreteFunction
from tidefall.op import raw
from tidefall.proto.tensors import tensor_proto_to_array
from tidefall.saving.checkpoint.bundle import BundleReader
from tidefall.saving.checkpoint.restoration import Restoration, read_object_graph
from tidefall.saving.saved_model import constants as names
from tidefall.saving.saved_model.ahead_of_time import attach_programs
from tidefall.saving.saved_model.bound_functions import BoundFunctions
from tidefall.saving.saved_model.damage import damage_reported
from tidefall.saving.saved_model.debug_info import read_debug_info
from tidefall.saving.saved_model.load_v1 import copy_values, load_v1
from tidefall.saving.saved_model.options import LoadOptions
from tidefall.saving.saved_model.reader import asset_path, choose_meta_graph, read_saved_model
from tidefall.saving.saved_model.restored import (
    RestoredFunction,
    RestoredResource,
    RestoredTable,
    UserObject,
    add_child,
    aliased_functions,
    new_user_object,
    slots_of,
)
from tidefall.saving.saved_model.signatures import SignatureMap
from tidefall.tensor.tensor import EagerTensor


@export("saved_model.load")
def load(export_dir: Any, tags: Any = None, options: LoadOptions | None = None) -> Any:
    """Load a SavedModel.

    Args:
        export_dir: the directory of the SavedModel.
        tags: the tags of the program to load; may be None if the model holds only one.
        options: a `tf.saved_model.LoadOptions`.

    Returns:
        An object with the attributes that the saved object had: variables, functions, lists, dicts
        and further objects. Its `signatures` are functions by name.

    Raises:
        OSError: if there is no SavedModel, or it cannot be parsed.
        ValueError: if `tags` do not fit.
        UnimplementedError: if it uses ops that Tidefall does not have; all of them are listed.
        DataLossError: if it is damaged.

    >>> import tempfile
    >>> import tidefall as tf
    >>> module = tf.Module()
    >>> module.v = tf.Variable(3.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     tf.saved_model.save(module, folder)
    ...     tf.saved_model.load(folder).v.numpy()
    np.float32(3.0)
    """
    options = LoadOptions() if options is None else options
    meta = choose_meta_graph(read_saved_model(export_dir), export_dir, tags)
    folder = os.fspath(export_dir)
    with init_scope(), damage_reported(folder):
        root: Any
        if meta.HasField("object_graph_def"):
            root = _Loader(meta, folder, options).load()
        else:
            root = load_v1(meta, folder)
            if not options.experimental_map_variables:
                copy_values(root.variables)
    found_tags = list(meta.meta_info_def.tags)
    attach_programs(root.signatures, folder, found_tags, options.experimental_trust_aot)
    root.graph_debug_info = read_debug_info(folder)
    root.tensorflow_version = meta.meta_info_def.tensorflow_version
    root.tensorflow_git_version = meta.meta_info_def.tensorflow_git_version
    return root


class _Loader:
    """Makes the objects of one MetaGraphDef."""

    def __init__(self, meta: Any, folder: str, options: LoadOptions):
        self._meta = meta
        self._proto = meta.object_graph_def
        self._folder = folder
        self._options = options
        self._constants = {
            node.name: node for node in meta.graph_def.node if node.op == raw.Const.name
        }
        self._objects: list[Any] = [None] * len(self._proto.nodes)
        self._functions = BoundFunctions(meta, folder, self._objects, self._captured)
        self._names = {
            child.node_id: child.local_name
            for node in reversed(self._proto.nodes)
            for child in reversed(node.children)
        }

    def load(self) -> Any:
        self._check()
        nodes = list(enumerate(self._proto.nodes))
        for number, node in nodes:
            yield_gil()
            self._objects[number] = self._make(node)
        for number, node in nodes:
            if self._is_tuple(node):
                self._make_tuple(number)
        for number, node in nodes:
            yield_gil()
            self._make_function(number, node)
        for number, node in nodes:
            yield_gil()
            self._add_children(number, node)
        self._prepare_tables()
        if not self._options.experimental_skip_checkpoint:
            self._restore_variables()
        self._initialize_resources()
        root = self._objects[0]
        if not isinstance(root, UserObject):
            raise UnimplementedError(
                None,
                None,
                f"The root of the SavedModel at {self._folder} is no object but {root!r}.",
            )
        if not hasattr(root, names.SIGNATURES_ATTRIBUTE):
            root.signatures = SignatureMap()
        if self._options.experimental_load_function_aliases:
            root.function_aliases = aliased_functions(root, self._meta, self._objects)
        return root

    def _check(self) -> None:
        """Refuse a model that names nodes, functions or ops that are not there."""
        count = len(self._proto.nodes)
        if not count:
            self._bad("its object graph is empty")
        references = [child.node_id for node in self._proto.nodes for child in node.children]
        for node in self._proto.nodes:
            for slot in node.slot_variables:
                references += [slot.original_variable_node_id, slot.slot_variable_node_id]
            for saveable in node.saveable_objects.values():
                references += [saveable.save_function, saveable.restore_function]
        for function in self._proto.concrete_functions.values():
            references += function.bound_inputs
        if any(not 0 <= number < count for number in references):
            self._bad("its object graph names a node that it does not have")
        self._functions.check()

    def _bad(self, problem: str) -> None:
        raise DataLossError(None, None, f"The SavedModel at {self._folder} is damaged: {problem}.")

    # ---- objects ----

    def _make(self, node: Any) -> Any:
        kind = node.WhichOneof("kind")
        if kind == "variable":
            return _variable(node.variable)
        if kind == "asset":
            return Asset(self._asset_path(node.asset.asset_file_def_index))
        if kind == "constant":
            return self._constant(node.constant.operation)
        if kind == "resource":
            kind = RestoredTable if node.saveable_objects else RestoredResource
            return kind(node.resource.device)
        if kind in ("function", "bare_concrete_function", "captured_tensor"):
            return None
        return self._user_object(node)

    def _user_object(self, node: Any) -> Any:
        identifier = node.user_object.identifier
        if identifier == "trackable_list_wrapper":
            return ListWrapper([])
        if identifier == "trackable_dict_wrapper":
            return _DictWrapper({})
        if identifier == "signature_map":
            return SignatureMap()
        if identifier == "trackable_tuple_wrapper":
            return None
        return new_user_object(any(child.local_name == "__call__" for child in node.children))

    def _constant(self, name: str) -> EagerTensor:
        node = self._constants.get(name)
        if node is None:
            self._bad(f"the constant {name} is not in its graph")
        try:
            return EagerTensor(tensor_proto_to_array(node.attr["value"].tensor))  # type: ignore[union-attr]
        except (TypeError, ValueError) as error:
            raise DataLossError(
                None, None, f"The SavedModel at {self._folder}: constant {name}: {error}"
            ) from None

    def _asset_path(self, index: int) -> str:
        if not 0 <= index < len(self._meta.asset_file_def):
            self._bad(f"it has no asset {index}")
        return asset_path(self._folder, self._meta.asset_file_def[index].filename)

    @staticmethod
    def _is_tuple(node: Any) -> bool:
        return node.user_object.identifier == "trackable_tuple_wrapper"

    def _make_tuple(self, number: int, above: tuple[int, ...] = ()) -> Any:
        """Tuples are made when what they hold is there."""
        node = self._proto.nodes[number]
        if self._objects[number] is None:
            if number in above:
                self._bad("a tuple contains itself")
            items: dict[int, Any] = {}
            for child in node.children:
                if not child.local_name.isdigit():
                    continue
                nested = self._is_tuple(self._proto.nodes[child.node_id])
                items[int(child.local_name)] = (
                    self._make_tuple(child.node_id, (*above, number))
                    if nested
                    else self._objects[child.node_id]
                )
            size = self._size(items, node)
            self._objects[number] = _TupleWrapper(tuple(items.get(i) for i in range(size)))
        return self._objects[number]

    def _size(self, items: dict[int, Any], node: Any) -> int:
        size = max(items, default=-1) + 1
        # Elements that could not be saved leave gaps; a hostile index must not fill the memory.
        if size > 1000 + 100 * len(node.children):
            self._bad(f"a list has {len(node.children)} elements, one at position {size - 1}")
        return size

    def _add_children(self, number: int, node: Any) -> None:
        parent = self._objects[number]
        pairs = [(child.local_name, self._objects[child.node_id]) for child in node.children]
        if isinstance(parent, ListWrapper):
            items = {int(name): value for name, value in pairs if name.isdigit()}
            parent.extend([items.get(i) for i in range(self._size(items, node))])
        elif isinstance(parent, _DictWrapper):
            for name, value in pairs:
                parent[name] = value
        elif isinstance(parent, SignatureMap):
            for name, value in pairs:
                if not isinstance(value, ConcreteFunction):
                    self._bad(f"its signature {name} is no function of one signature")
                parent.add(name, value)
        elif isinstance(parent, UserObject | RestoredResource):
            for name, value in pairs:
                if value is not None:
                    add_child(parent, name, value)

    # ---- functions ----

    def _make_function(self, number: int, node: Any) -> None:
        kind = node.WhichOneof("kind")
        if kind == "function":
            found = [self._functions.concrete(name) for name in node.function.concrete_functions]
            self._objects[number] = RestoredFunction(
                self._names.get(number, "function"), node.function.function_spec, found
            )
        elif kind == "bare_concrete_function":
            bare = node.bare_concrete_function
            function = self._functions.concrete(bare.concrete_function_name)
            function._arg_keywords = list(bare.argument_keywords)
            function._num_positional_args = bare.allowed_positional_arguments  # type: ignore[attr-defined]
            self._objects[number] = function

    def _captured(self, owner: Any, name: str) -> Any:
        """The tensor that stands for an object inside functions."""
        if isinstance(owner, Variable):
            return owner.handle
        if isinstance(owner, EagerTensor):
            return owner
        if isinstance(owner, Asset):
            return owner.asset_path
        if isinstance(owner, TrackableResource):
            return self._handle(owner)
        raise UnimplementedError(
            None,
            None,
            f"The function {name} of the SavedModel at {self._folder} is bound to {owner!r}, which "
            "Tidefall cannot bind functions to.",
        )

    # ---- resources ----

    def _handle(self, resource: TrackableResource) -> Any:
        if resource._resource_handle is None:
            create = self._method(resource, "_create_resource")
            if create is None:
                self._bad("a resource has no function that makes it")
            resource._resource_handle = create.call_flat([])[0]  # type: ignore[union-attr]
        return resource._resource_handle

    def _method(self, resource: TrackableResource, name: str) -> ConcreteFunction | None:
        number = next(i for i, obj in enumerate(self._objects) if obj is resource)
        for child in self._proto.nodes[number].children:
            node = self._proto.nodes[child.node_id]
            if child.local_name == name and node.function.concrete_functions:
                return self._functions.initializer(node.function.concrete_functions[0])
        return None

    def _initialize_resources(self) -> None:
        for resource in [obj for obj in self._objects if isinstance(obj, RestoredResource)]:
            self._handle(resource)
            initialize = self._method(resource, "_initialize")
            if initialize is not None:
                initialize.call_flat([])

    def _prepare_tables(self) -> None:
        """Objects such as mutable tables bring functions that give and take their values."""
        for node, obj in zip(self._proto.nodes, self._objects, strict=True):
            if isinstance(obj, RestoredTable):
                name, functions = next(iter(node.saveable_objects.items()))
                numbers = functions.save_function, functions.restore_function
                save, restore = (self._objects[number] for number in numbers)
                if not isinstance(save, ConcreteFunction) or not isinstance(
                    restore, ConcreteFunction
                ):
                    self._bad("what saves a table is no function")
                self._handle(obj)
                obj.set_value_functions(name, save, restore)

    # ---- variables ----

    def _restore_variables(self) -> None:
        variables = [
            (number, obj) for number, obj in enumerate(self._objects) if isinstance(obj, Variable)
        ]
        if not variables and not any(node.saveable_objects for node in self._proto.nodes):
            return
        folder = os.path.join(self._folder, names.VARIABLES_DIRECTORY)
        prefix = os.path.join(folder, names.VARIABLES_FILENAME)
        reader = BundleReader(prefix, mapped=self._options.experimental_map_variables)
        proto = read_object_graph(reader)
        if proto is None:
            raise NotFoundError(
                None, None, f"{prefix}: the checkpoint of the SavedModel has no object graph."
            )
        restoration = Restoration(reader, proto)
        restoration.partial = restoration.lazy = True
        restoration.bind(0, self._objects[0])
        self._restore_slots(restoration)
        if not self._options.experimental_map_variables:
            for _, variable in variables:
                yield_gil()
                if variable.handle.storage.value is not None:
                    variable.handle.storage.read()
        if self._options.allow_partial_checkpoint:
            return
        for number, variable in variables:
            if variable.handle.storage.value is None:
                raise NotFoundError(
                    None,
                    None,
                    f"{prefix}: the checkpoint of the SavedModel has no value for the variable "
                    f"'{variable.name}' ({self._names.get(number)}). Load with tf.saved_model."
                    "LoadOptions(allow_partial_checkpoint=True) to leave it without one.",
                )

    def _restore_slots(self, restoration: Restoration) -> None:
        """Old optimizers keep variables of their own by the variable these belong to."""
        for number, node in enumerate(self._proto.nodes):
            if not node.slot_variables:
                continue
            owner = self._objects[number]
            stored = {
                (id(restoration.matched(slot.original_variable_node_id)), slot.slot_name): slot
                for known in restoration.numbers_of(owner)
                for slot in restoration.proto.nodes[known].slot_variables
            }
            for slot in node.slot_variables:
                variable = self._objects[slot.slot_variable_node_id]
                original = self._objects[slot.original_variable_node_id]
                found = stored.get((id(original), slot.slot_name))
                if found is not None and isinstance(variable, Variable):
                    restoration.bind(found.slot_variable_node_id, variable)
                    slots_of(owner)[original._shared_name, slot.slot_name] = variable


def _variable(proto: Any) -> Variable:
    name = proto.name.partition(":")[0]
    return Variable.uninitialized(
        name or "Variable",
        as_dtype(proto.dtype),
        TensorShape(proto.shape),
        proto.trainable,
        synchronization=proto.synchronization,
        aggregation=proto.aggregation,
    )
