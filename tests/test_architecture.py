"""What holds of the package as a whole, read from its sources."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import tidefall

ROOT = Path(tidefall.__file__).parent


def _modules() -> dict[str, Path]:
    found = {}
    for path in ROOT.rglob("*.py"):
        parts = ("tidefall", *path.relative_to(ROOT).with_suffix("").parts)
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _run_at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run while a module is imported."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _run_at_import(node.orelse)
            continue
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from _run_at_import(getattr(node, name, []))
        for handler in getattr(node, "handlers", []):
            yield from _run_at_import(handler.body)


def _imports(source: str, modules: dict[str, Path]) -> set[str]:
    found: set[str] = set()
    for node in _run_at_import(ast.parse(source).body):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if full in modules else node.module)
    return found & modules.keys()


def test_no_module_needs_itself_while_it_is_imported():
    modules = _modules()
    graph = {name: _imports(path.read_text(), modules) - {name} for name, path in modules.items()}
    assert sum(map(len, graph.values())) > 3000
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"These modules import each other in a circle: {error.args[1]}")


def test_a_circle_would_be_found():
    graph = {
        "a": _imports("from b import c\ndef f():\n    import a", {"b.c": ROOT, "b": ROOT}),
        "b.c": _imports("try:\n    import a\nexcept ImportError:\n    pass", {"a": ROOT}),
    }
    assert graph == {"a": {"b.c"}, "b.c": {"a"}}
    with pytest.raises(CycleError):
        TopologicalSorter(graph).prepare()


TENSORFLOWS_NAMES = {"_DictWrapper", "_TupleWrapper"}
"""Classes whose names users see in TensorFlow's own messages."""


def _private_imports(source: str) -> set[str]:
    return {
        alias.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tidefall.")
        for alias in node.names
        if alias.name.startswith("_") and alias.name not in TENSORFLOWS_NAMES
    }


def test_no_module_imports_what_another_keeps_to_itself():
    found = {name: _private_imports(path.read_text()) for name, path in _modules().items()}
    assert {name: names for name, names in found.items() if names} == {}
    assert _private_imports("def f():\n    from tidefall.base.nest import _walk, flatten") == {
        "_walk"
    }


OTHERS_NAMES = {
    # What is not ours.
    "Python's": "_asdict _exit _fields _getframe _replace",
    "jax's": "_update_thread_local_hook",
    # How layers are connected: Keras tells it in no other way.
    "Keras's": """_all_reduce_sum_gradients _dtype _get_iterator _inbound_nodes _keras_history
        _nodes_by_depth _outbound_nodes _to_backend_mesh""",
    # What programs and packages know of TensorFlow: they override it in their own classes, or use
    # it as TensorFlow has nothing public for the purpose.
    "ops": "_FusedConv2D _FusedMatMul",
    "dtypes": "_as_ref _is_ref_dtype",
    "nodes": "_set_attr",
    "composite tensors": "_shape_invariant_to_type_spec _type_spec",
    "decorators": "_tf_decorator",
    "composite values with variables": "_convert_variables_to_tensors",
    "type specs": """_batch _component_specs _flat_tensor_specs _from_compatible_tensor_list
        _from_components _serialize _to_batched_tensor_list _to_components _to_legacy_output_shapes
        _to_legacy_output_types _to_tensor_list _unbatch _without_tensor_names""",
    "ragged tensors": "_nested_row_partitions _row_partition _set_shape",
    "row partitions": "_row_splits _value_rowids",
    "ragged shapes": "_row_partitions _static_inner_shape _to_tensor_shape",
    "structured tensors": "_ragged_shape",
    "trackables": """_deferred_dependencies _handle_deferred_dependencies _lookup_dependency
        _object_identifier _restore_from_tensors _serialize_to_tensors _track_trackable
        _trackable_children _update_uid""",
    "trackable resources": """_create_resource _destroy_resource _initialize _resource_device
        _resource_handle""",
    "variables": """_distributed_container _graph_element _initial_value _initializer_op _ref
        _save_slice_info _set_save_slice_info _shared_name _strided_slice_assign
        _write_object_proto""",
    "partitioned variables": "_get_partitions _get_variable_list",
    "policies of saving variables": "_save_variable_devices",
    "strategies": """_cluster_coordinator _in_multi_worker_mode _num_replicas_in_sync
        _use_merge_call""",
    "functions": "_jit_compile _list_all_concrete_functions_for_serialization",
    "concrete functions": "_arg_keywords _num_positional_args",
    "datasets": "_flat_structure _inputs _variant_tensor",
    "iterators": "_iterator_resource",
    "summary writers": "_resource",
}
"""Names with an underscore that others chose, by what has them."""

_OF_ANOTHER = re.compile(r"(?<!\bself)(?<!\bcls)\.(_(?!_)\w+)")


def _own_names(tree: ast.Module) -> set[str]:
    """What the classes of a file define, or use of themselves."""
    own = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                own.add(name)
            case ast.ClassDef(body=body):
                own.update(name for part in body for name in _defined_by(part))
    return own


def _defined_by(statement: ast.stmt) -> list[str]:
    """The attributes that a statement in the body of a class defines."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="__slots__")], value=value):
            return list(ast.literal_eval(value))
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return [name]
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return [name]
    return []


def _private_uses(source: str) -> set[str]:
    """The attributes `x._name` of a file that belong to objects of other files."""
    suspects = set(_OF_ANOTHER.findall(source)) - set(" ".join(OTHERS_NAMES.values()).split())
    if not suspects:
        return set()
    tree = ast.parse(source)
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return (suspects & used) - _own_names(tree)


def test_no_file_uses_what_objects_of_another_keep_to_themselves():
    found = {name: _private_uses(path.read_text()) for name, path in _modules().items()}
    assert {name: names for name, names in found.items() if names} == {}
    assert _private_uses("""class C:
    __slots__ = ("_slot",)
    _field: int
    def _method(self, other):
        self._set = other._set = other._slot = other._field = other._method()
        return other._type_spec, other._kept, module.f()._called(), other.__name__
""") == {"_kept", "_called"}


def test_the_names_of_others_are_all_used():
    used = {n for path in _modules().values() for n in _OF_ANOTHER.findall(path.read_text())}
    assert set(" ".join(OTHERS_NAMES.values()).split()) - used == set()


def _draws_of_the_user(source: str) -> set[str]:
    """The functions of `random` that draw from the generator which the user seeds."""
    tree = ast.parse(source)
    if not any(
        isinstance(node, ast.Import) and any(alias.name == "random" for alias in node.names)
        for node in ast.walk(tree)
    ):
        return set()
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "random"
        and node.attr not in ("Random", "SystemRandom")
    }


def test_nothing_draws_from_the_generator_that_the_user_seeds():
    found = {name: _draws_of_the_user(path.read_text()) for name, path in _modules().items()}
    assert {name: names for name, names in found.items() if names} == {}
    assert _draws_of_the_user("import random\nrandom.Random(1)\nrandom.random()") == {"random"}


MAX_FILES = 26
"""Of one folder."""


def test_no_folder_is_a_pile():
    sizes = Counter(path.parent for path in _modules().values() if "_api" not in path.parts)
    assert {str(folder): n for folder, n in sizes.items() if n > MAX_FILES} == {}


def test_every_package_says_what_it_is_for():
    silent = [
        name
        for name, path in _modules().items()
        if path.name == "__init__.py" and not (ast.get_docstring(ast.parse(path.read_text())) or "")
    ]
    assert silent == []


_SECTION = re.compile(r"^(Args|Attributes|Raises|Returns|Yields):\n( *)\S", re.MULTILINE)


def _dialect(text: str) -> list[str]:
    """What a docstring does otherwise than all others."""
    found = [
        f"{name}: by {len(indent)}" for name, indent in _SECTION.findall(text) if len(indent) != 4
    ]
    return found + re.findall(r"^Examples?:$", text, re.MULTILINE)


def test_docstrings_speak_one_dialect():
    """Sections are indented by four spaces; an example needs no title."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [
        f"{name}:{getattr(node, 'lineno', 1)} {problem}"
        for name, path in _modules().items()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, kinds)
        for problem in _dialect(ast.get_docstring(node) or "")
    ]
    assert found == []
    assert _dialect("Add.\n\nArgs:\n  x: one.\n\nExample:\n  >>> 1") == ["Args: by 2", "Example:"]
