"""What is changed in the helpers of TensorFlow's tests: what asks for its build, and sessions."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

_REPEATED = (
    ("expected_desc.label != descriptor.FieldDescriptor.LABEL_REPEATED", "expected_desc"),
    ("desc.label != descriptor.FieldDescriptor.LABEL_REPEATED", "desc"),
    ("field.label != descriptor.FieldDescriptor.LABEL_REPEATED", "field"),
)

REPAIRS: dict[str, list[tuple[str, str]]] = {
    # Protobuf 6 has no labels.
    "python.util.protobuf.compare": [
        *((old, f"not getattr({what}, 'is_repeated', False)") for old, what in _REPEATED),
        *(
            (old.replace("!=", "=="), f"getattr({what}, 'is_repeated', False)")
            for old, what in _REPEATED
        ),
    ],
    # An attribute that only TensorFlow's own graphs have.
    "python.framework.test_util": [
        ("op = op._original_op", 'op = getattr(op, "_original_op", None)')
    ],
    # A private method of iterators, by the public one.
    "python.data.kernel_tests.test_base": [("iterator._next_internal", "iterator.get_next")],
}


def same(target: Any) -> Any:
    """A decorator that changes nothing."""
    return target


def unchanged(*_args: Any, **_kwargs: Any) -> Callable[[Any], Any]:
    """A decorator with arguments that changes nothing."""
    return same


_PLAIN = (
    "enable_control_flow_v2 with_control_flow_v2 assert_no_new_tensors "
    "enable_output_all_intermediates assert_no_garbage_created enable_eager_op_as_function "
    "with_eager_op_as_function add_graph_building_optimization_tests "
    "enable_nested_function_shape_inference"
)
_DESCRIBED = (
    "disable_control_flow_v2 disable_xla disable_mlir_bridge disable_asan disable_msan "
    "disable_tsan disable_ubsan disable_tfrt run_without_tensor_float_32 "
    "run_all_without_tensor_float_32 xla_allow_fallback no_xla_auto_jit "
    "assert_no_new_pyobjects_executing_eagerly"
)
_FALSE = (
    "is_gpu_available IsMklEnabled IsGoogleCudaEnabled IsBuiltWithROCm IsBuiltWithNvcc "
    "GpuSupportsHalfMatMulAndConv is_asan_enabled is_msan_enabled is_tsan_enabled is_ubsan_enabled "
    "is_xla_enabled is_mlir_bridge_enabled"
)


def repair(module: ModuleType) -> None:
    """Change `test_util` so that it asks for no build of TensorFlow."""
    import tensorflow as tf

    members: Any = module
    for names, value in (
        (_PLAIN, same),
        (_DESCRIBED, unchanged),
        (_FALSE, lambda *_args, **_kwargs: False),
    ):
        for name in names.split():
            setattr(members, name, value)
    members.gpu_device_name = lambda: ""
    members.InstallStackTraceHandler = members.sync_devices = lambda: None
    members.deterministic_ops = contextlib.nullcontext
    members.use_gpu = members.force_cpu = lambda: tf.device("/device:CPU:0")
    members.device = lambda use_gpu: tf.device("/device:CPU:0")
    members.matmul_without_tf32 = lambda a, b, *args, **kwargs: tf.matmul(a, b, *args, **kwargs)
    members.run_functions_eagerly = _run_functions_eagerly
    case = members.TensorFlowTestCase
    as_array = case._GetNdArray

    def create_session(self: Any, graph: Any, config: Any, force_gpu: bool) -> Any:
        return tf.compat.v1.Session(graph=graph, config=config)

    def evaluated(self: Any, value: Any) -> Any:
        if isinstance(value, (tf.Tensor, tf.Variable)):
            value = self.evaluate(value)
        return as_array(self, value)

    case._create_session = create_session
    case._GetNdArray = evaluated


@contextlib.contextmanager
def _run_functions_eagerly(run_eagerly: bool) -> Iterator[None]:
    import tensorflow as tf

    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(run_eagerly)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)
