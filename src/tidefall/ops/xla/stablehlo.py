"""Programs in StableHLO that another compiler front end, such as jax, wrote into a file.

Such a program has one main function over tensors of ranks and dtypes that are known; some
dimensions may be open. `specialize` reads it, checks it against the arguments of one call, and
works out all shapes. `call` makes the result part of a program that jax traces.

What the program may call outside of itself is on a list: it comes from a file that anyone may have
written, and some of the functions that jax registers in this process take addresses of memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from tidefall.base.errors import NotFoundError, UnimplementedError
from tidefall.ops.common import LazyModule, invalid, jax, jnp, lax
from tidefall.ops.xla.trial import try_reading

_core = LazyModule("jax.extend.core")
_extend = LazyModule("jax.extend.mlir")
_mlir = LazyModule("jax.interpreters.mlir")
_ir = LazyModule("jax.extend.mlir.ir")
_func = LazyModule("jax.extend.mlir.dialects.func")
_hlo = LazyModule("jax.extend.mlir.dialects.stablehlo")

_TOKEN = "!stablehlo.token"
_INNER_MAIN = "_main_of_the_module"
_KNOWN_TO_XLA = (
    r"Sharding|SPMDFullToShardShape|SPMDShardToFullShape|AllocateBuffer|ApproxTopK|mhlo\.\w+"
)
_CALLABLE = {
    "CPU": rf"{_KNOWN_TO_XLA}|lapack_\w+_ffi",
    "CUDA": rf"{_KNOWN_TO_XLA}|cu_lu_pivots_to_permutation|cu_threefry2x32_ffi"
    r"|(cusolver|cusparse|cublas)_\w+_ffi",
    "ROCM": rf"{_KNOWN_TO_XLA}|hip_lu_pivots_to_permutation|hip_threefry2x32_ffi"
    r"|(hipsolver|hipsparse|hipblas)_\w+_ffi",
}


class Program(NamedTuple):
    """A program whose shapes are all known.

    Attributes:
        module: it, as MLIR bytecode.
        outputs: shape and dtype of each result.
        calls: the functions outside of it that it calls.
    """

    module: bytes
    outputs: tuple[tuple[tuple[int, ...], np.dtype[Any]], ...]
    calls: frozenset[str]


def current_platform() -> str:
    """The platform that jax compiles for now, in TensorFlow's spelling: CPU, CUDA, ROCM, TPU."""
    device = jax.config.jax_default_device
    if device is None:
        device = jax.devices()[0]
    elif isinstance(device, str):
        device = jax.devices(device)[0]
    if device.platform == "gpu":
        return "ROCM" if "rocm" in device.client.platform_version.lower() else "CUDA"
    return device.platform.upper()


def specialize(
    artifact: bytes,
    arguments: Sequence[tuple[tuple[int, ...], np.dtype[Any]]],
    dtypes: Sequence[np.dtype[Any]],
    *,
    platform: str,
    platform_index: int | None = None,
    assertions: bool = True,
    shardy: bool = False,
) -> Program:
    """Read a program and work out its shapes for one call.

    Args:
        artifact: the program, as a portable artifact of StableHLO.
        arguments: shape and dtype of each argument.
        dtypes: dtypes that the results must have.
        platform: where it is to run.
        platform_index: the value of its first parameter, if the program is for several platforms.
        assertions: whether to check what the program says of its dimensions.
        shardy: whether its shardings are Shardy's.

    Raises:
        InvalidArgumentError: if this is no such program, or not one for these arguments.
        NotFoundError: if it calls functions that are not there.
        UnimplementedError: if it is for several devices, or calls functions of TensorFlow.
    """
    try_reading(artifact)
    with _mlir.make_ir_context() as context, _ir.Location.unknown():
        with _failing("Cannot deserialize computation", context):
            module = _extend.deserialize_portable_artifact(artifact, context)
        _check_one_device(module)
        _give_static_main(module, arguments, platform_index)
        with _failing("Module shape refinement failed", context):
            refined = _extend.refine_polymorphic_shapes(
                _mlir.module_to_bytecode(module),
                enable_shape_assertions=assertions,
                validate_static_shapes=True,
                enable_shardy=shardy,
            )
            module = _ir.Module.parse(refined)
        calls = _targets(module)
        _check_calls(calls, platform)
        types = _main_of(module).type.results
        return Program(bytes(refined), _outputs(types, dtypes), calls)


def call(program: Program, arguments: Sequence[Any]) -> list[Any]:
    """Make a program part of the one that jax is tracing.

    Args:
        program: the program.
        arguments: a jax or NumPy array for each parameter.
    """
    if any(name.startswith("lapack_") for name in program.calls):
        _load_lapack()
    return _primitive().bind(*[jnp.asarray(a) for a in arguments], program=program)


@cache
def _primitive() -> Any:
    made = _core.Primitive("tidefall_stablehlo")
    made.multiple_results = True
    made.def_abstract_eval(
        lambda *_, program: [jax.core.ShapedArray(*output) for output in program.outputs]
    )
    made.def_impl(lambda *given, program: jax.jit(lambda *a: call(program, a))(*given))
    _mlir.register_lowering(made, _lower)
    return made


def _lower(ctx: Any, *arguments: Any, program: Program) -> Any:
    outer = ctx.module_context
    with outer.module.context:
        inner = _ir.Module.parse(program.module)
        types = _main_of(inner).type.results
        name = _mlir.merge_mlir_modules(
            outer.module, "stablehlo_module", inner, dst_symtab=outer.symbol_table
        )
        return _func.CallOp(types, _ir.FlatSymbolRefAttr.get(name), arguments).results


# ---- the main function ----


def _main_of(module: Any) -> Any:
    for op in module.body.operations:
        if op.operation.name == "func.func" and op.operation.attributes["sym_name"].value == "main":
            return op
    raise invalid("Cannot find 'main' in module")


def _give_static_main(
    module: Any, arguments: Sequence[tuple[Any, Any]], platform_index: int | None
) -> None:
    """Put a main function over the shapes of `arguments` in front of the module's own."""
    main = _main_of(module)
    expected = list(main.type.inputs)
    tokens = [str(t) == _TOKEN for t in expected]
    n_platforms = platform_index is not None
    n_given = len(expected) - sum(tokens) - n_platforms
    if n_given != len(arguments):
        raise invalid(
            f"Incorrect number of arguments passed to XlaCallModule = {len(arguments)}. It must be "
            f"called with {n_given} because the module main function takes {len(expected)} "
            f"arguments of which {int(n_platforms)} platform index arguments, and {sum(tokens)} "
            "token arguments."
        )
    plain = [t for t, is_token in zip(expected, tokens, strict=True) if not is_token]
    given = [
        _argument_type(i, type_, *argument)
        for i, (type_, argument) in enumerate(zip(plain[n_platforms:], arguments, strict=True))
    ]
    main.attributes["sym_name"] = _ir.StringAttr.get(_INNER_MAIN)
    main.attributes["sym_visibility"] = _ir.StringAttr.get("private")
    returned = [t for t in main.type.results if str(t) != _TOKEN]
    with _ir.InsertionPoint.at_block_begin(module.body):
        outer = _func.FuncOp("main", _ir.FunctionType.get(given, returned), visibility="public")
    with _ir.InsertionPoint(outer.add_entry_block()):
        values = iter(outer.arguments)
        passed, waits = [], platform_index
        for type_, is_token in zip(expected, tokens, strict=True):
            if is_token:
                passed.append(_hlo.create_token())
            elif waits is not None:
                passed.append(_constant(type_, waits))
                waits = None
            else:
                value = next(values)
                passed.append(value if value.type == type_ else _hlo.convert(type_, value))
        results = _func.CallOp(
            main.type.results, _ir.FlatSymbolRefAttr.get(_INNER_MAIN), passed
        ).results
        _func.ReturnOp([r for r in results if str(r.type) != _TOKEN])


def _constant(type_: Any, value: int) -> Any:
    if str(type_) not in ("tensor<i32>", "tensor<i64>"):
        raise invalid(f"The module's first parameter, a {type_}, is no index of a platform.")
    width = np.int32 if "32" in str(type_) else np.int64
    return _hlo.constant(_ir.DenseElementsAttr.get(np.array(value, width)))


def _argument_type(index: int, expected: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """The type of an argument, which has to be one of the parameter's."""
    element = _mlir.dtype_to_ir_type(dtype)
    given = _ir.RankedTensorType.get(shape, element)
    if not isinstance(expected, _ir.RankedTensorType):
        expected = _ranked(expected)
    if expected is None:
        raise invalid(f"Parameter {index} of the module's main function is no tensor.")
    fits = expected.element_type == element and expected.rank == len(shape)
    if fits:
        fits = all(
            expected.is_dynamic_dim(i) or expected.get_dim_size(i) == size
            for i, size in enumerate(shape)
        )
    if not fits:
        raise invalid(
            f"Error refining argument shapes: argument {index} is a {given}, the module's main "
            f"function takes a {expected}."
        )
    return given


def _ranked(type_: Any) -> Any:
    try:
        return _ir.RankedTensorType(type_)
    except ValueError:
        return None


def _outputs(types: Sequence[Any], dtypes: Sequence[Any]) -> Any:
    if len(types) != len(dtypes):
        raise invalid(
            f"The module's main function has {len(types)} results, and Tout names {len(dtypes)}."
        )
    outputs = []
    for i, (type_, dtype) in enumerate(zip(types, dtypes, strict=True)):
        found = _ranked(type_)
        if found is None or found.element_type != _mlir.dtype_to_ir_type(dtype):
            raise invalid(
                f"Result {i} of the module's main function is a {type_}; Tout says {dtype}."
            )
        outputs.append((tuple(found.shape), dtype))
    return tuple(outputs)


# ---- what a module may hold ----


def _check_one_device(module: Any) -> None:
    attributes = module.operation.attributes
    for name in ("mhlo.num_partitions", "mhlo.num_replicas"):
        count = attributes[name].value if name in attributes else 1
        if count != 1:
            raise UnimplementedError(
                None, None, f"The module is for {count} devices ({name}); one runs it here."
            )


@cache
def _load_lapack() -> None:
    """jax registers its linear algebra with XLA when it lowers some for the first time."""
    jax.jit(lax.linalg.cholesky).lower(jax.ShapeDtypeStruct((1, 1), np.float32))


def _check_calls(targets: frozenset[str], platform: str) -> None:
    allowed = _CALLABLE.get(platform, _KNOWN_TO_XLA)
    for target in sorted(targets):
        if target == "tf.call_tf_function":
            raise UnimplementedError(
                None,
                None,
                "The module calls functions of TensorFlow (jax2tf.call_tf), those in the attribute "
                "function_list. That is not implemented in Tidefall yet.",
            )
        if re.fullmatch(allowed, target) is None:
            raise NotFoundError(
                None, None, f"The module calls {target}, which is not there on {platform}."
            )


def _targets(module: Any) -> frozenset[str]:
    found = set()

    def look(op: Any) -> Any:
        if op.name == "stablehlo.custom_call":
            found.add(op.attributes["call_target_name"].value)
        return _ir.WalkResult.ADVANCE

    module.operation.walk(look)
    return frozenset(found)


@contextmanager
def _failing(what: str, context: Any) -> Iterator[None]:
    """Say what went wrong, whatever class of error MLIR has for it, and what it would print."""
    said: list[str] = []

    def note(diagnostic: Any) -> bool:
        try:
            said.append(str(diagnostic.message))
        except RuntimeError:  # it quotes what is no text
            pass
        return True

    handler = context.attach_diagnostic_handler(note)
    try:
        yield
    except Exception as error:
        raise invalid(f"{what}: {'; '.join([str(error), *said])}") from error
    finally:
        handler.detach()
