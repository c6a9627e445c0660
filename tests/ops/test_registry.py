"""Every declared op is whole, and agrees with TensorFlow about having a gradient."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import tidefall  # noqa: F401 - loads the index of ops
from tidefall.core.op import NOT_DIFFERENTIABLE, Op, registered_ops

# Ops that TensorFlow differentiates and we do not yet, each with its reason.
_BROKEN = "TensorFlow's gradient takes one gradient for the op's two outputs, so it raises"
MISSING_GRADIENTS: dict[str, str] = {
    "SparseSparseMaximum": _BROKEN,
    "SparseSparseMinimum": _BROKEN,
    "QuantizeAndDequantizeV4Grad": _BROKEN.replace("two", "three"),
    "OptionalFromValue": "optionals carry no gradients yet",
    "OptionalGetValue": "optionals carry no gradients yet",
}

_HARDWARE = "for TPUs, several GPUs or cuDNN only"
_REMOVED = "TensorFlow itself refuses to run it: removed from graphs years ago"
_OLD_ARRAYS = "of the tensor arrays before TensorArrayV3, which TensorFlow itself refuses to run"

# Ops that TensorFlow differentiates and that are not declared, by the reason.
MISSING_DIFFERENTIABLE: dict[str, tuple[str, ...]] = {
    _HARDWARE: (
        "AllToAll",
        "CollectivePermute",
        "CrossReplicaSum",
        "CudnnRNN",
        "CudnnRNNV2",
        "CudnnRNNV3",
        "NcclAllReduce",
        "NcclBroadcast",
        "NcclReduce",
        "TPUEmbeddingActivations",
    ),
    _REMOVED: ("BatchNormWithGlobalNormalization",),
    _OLD_ARRAYS: tuple(
        f"TensorArray{what}{version}"
        for what in ("Concat", "Gather", "Read", "Scatter", "Split", "Write")
        for version in ("", "V2")
    ),
    "extension types are not encoded as variants here": (
        "CompositeTensorVariantFromComponents",
        "CompositeTensorVariantToComponents",
    ),
    "of the TensorFlow debugger, on references to variables": ("DebugGradientRefIdentity",),
}

# What a lowering may ask for besides attributes: a random op's key and counter.
HANDED_IN = ("stream",)

# Ops that the executors run themselves, without a kernel of their own.
RUN_BY_EXECUTORS: dict[str, str] = {}


@cache
def _facts() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "oracle" / "op_facts.json"
    facts = json.loads(path.read_text())
    return {key: value if key == "tensorflow" else set(value) for key, value in facts.items()}


OPS = list(registered_ops().values())


@pytest.fixture(params=OPS, ids=[op.name for op in OPS])
def op(request: pytest.FixtureRequest) -> Op:
    return request.param


def test_has_a_shape_rule(op: Op) -> None:
    assert callable(op.shape)


def test_has_a_kernel(op: Op) -> None:
    if op.host is None and op.xla is None:
        assert op.name in RUN_BY_EXECUTORS, "neither a host kernel nor an XLA lowering"


def test_kernels_take_the_inputs_and_known_attributes(op: Op) -> None:
    for kernel, attrs in ((op.host, op.host_attrs), (op.xla, op.xla_attrs)):
        assert set(attrs) <= {*op.definition.attrs, *HANDED_IN}
        code = getattr(kernel, "__code__", None)
        if code is None or code.co_flags & inspect.CO_VARARGS:
            continue
        defaults = len(kernel.__defaults__ or ())
        count = len(op.definition.inputs)
        assert code.co_argcount - defaults <= count <= code.co_argcount, kernel


def test_declares_its_gradient(op: Op) -> None:
    assert callable(op.gradient) or op.gradient == NOT_DIFFERENTIABLE


def test_agrees_with_tensorflow_about_having_a_gradient(op: Op) -> None:
    """An op that TensorFlow knows nothing about (differentiating it raises) may have one."""
    if op.name in _facts()["differentiable"]:
        missing = not _gives_gradient(op)
        assert missing == (op.name in MISSING_GRADIENTS), "TensorFlow differentiates this op"
    elif op.name in _facts()["not_differentiable"]:
        assert not _gives_gradient(op), "TensorFlow's gradient of this op is None"


def _gives_gradient(op: Op) -> bool:
    """False also for a gradient function that returns None whatever it is given."""
    if not callable(op.gradient):
        return False
    try:
        given = op.gradient(None, *[object() for _ in range(op.n_outputs)])
    except Exception:  # noqa: BLE001 - it looked at the op, so it computes something
        return True
    return any(g is not None for g in (given if isinstance(given, (list, tuple)) else [given]))


def test_ops_with_gradients_that_are_missing_are_known() -> None:
    """A list with reasons; an op that gets declared leaves it."""
    missing = set(_facts()["differentiable"]) - {op.name for op in OPS}
    assert missing == {name for names in MISSING_DIFFERENTIABLE.values() for name in names}


def test_exceptions_are_about_declared_ops() -> None:
    names = {op.name for op in OPS}
    assert names >= {*MISSING_GRADIENTS, *RUN_BY_EXECUTORS}


@pytest.mark.process
def test_index_of_names_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tidefall.ops.index", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
