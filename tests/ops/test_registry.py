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
from tidefall.base import dtypes
from tidefall.op.effects import Effects, reads
from tidefall.op.op import Op
from tidefall.op.registry import NOT_DIFFERENTIABLE, registered_ops
from tidefall.op.registry import op as declare

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
        given = op.gradient(None, *[object() for _ in range(op.definition.n_outputs)])
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
    assert names >= {*PURE_THOUGH_STATEFUL, *NOT_STATEFUL_THOUGH_NOT_PURE}


@pytest.mark.process
def test_index_of_names_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tidefall.api.index", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


# ---- effects ----

# Stateful in TensorFlow's table, and pure: why the table says so.
_NOT_FOLDED = "stateful so that its result is not computed beforehand, or shared with another node"
_ABOUT_DEVICE = "stateful because the answer depends on the device, of which one is there"
PURE_THOUGH_STATEFUL = {
    "DebugIdentityV2": "stateful because TensorFlow's debugger writes a file; here a hook does",
    "DeepCopy": _NOT_FOLDED,
    "DeviceIndex": _ABOUT_DEVICE,
    "Empty": _NOT_FOLDED,
    "GuaranteeConst": _NOT_FOLDED,
    "StatelessRandomGetAlg": _ABOUT_DEVICE,
}

PASSES_HANDLES_ON: dict[str, str] = {}

# Not stateful in the table, though what they give does not follow from their inputs.
_FILES = "the table takes the files that are there for constants"
NOT_STATEFUL_THOUGH_NOT_PURE = {
    "Abort": "the table forgot that it ends the process",
    "MatchingFiles": _FILES,
    "ReadFile": _FILES,
    "RegisterDatasetV2": "the table forgot that a server keeps the dataset",
    "XlaReplicaId": "it is another one in each replica",
}


def test_effects_agree_with_the_table(op: Op) -> None:
    """An op says what it does, and TensorFlow's table agrees about whether it does something."""
    effects = op.effects
    assert isinstance(effects, Effects)
    if op.is_stateful:
        assert effects.is_pure == (op.name in PURE_THOUGH_STATEFUL)
        return
    references = {arg.name for arg in op.definition.inputs if arg.is_ref}
    if effects == Effects(reads=effects.reads & references, writes=effects.writes & references):
        return  # who refers to a variable says so by referring to it
    follows = effects.calls or effects.keeps or effects.given
    assert follows != (op.name in NOT_STATEFUL_THOUGH_NOT_PURE)


def test_effects_mention_resources_and_functions(op: Op) -> None:
    """Resources among the inputs are read or written, functions called or kept."""
    effects = op.effects
    assert not effects.reads & effects.writes
    if effects.anything or op.name in PURE_THOUGH_STATEFUL:
        return
    resources = {arg.name for arg in op.definition.inputs if arg.dtype == dtypes.resource}
    if op.name not in PASSES_HANDLES_ON:
        assert resources <= effects.inputs
    if any(attr.kind == "func" for attr in op.definition.attrs.values()):
        assert effects.calls or effects.keeps


def test_an_op_without_effects_is_refused() -> None:
    no_rule: Any = {"shape": lambda c: [], "gradient": NOT_DIFFERENTIABLE}
    with pytest.raises(TypeError, match="effects"):
        declare("AllToAll", **no_rule)
    with pytest.raises(TypeError, match="effects of op AllToAll"):
        declare("AllToAll", effects=None, **no_rule)
    with pytest.raises(ValueError, match="no input called"):
        declare("AllToAll", effects=reads("y"), **no_rule)
