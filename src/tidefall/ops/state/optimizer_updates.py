"""Update rules of optimizers as ops: `ApplyAdam` and the rest, dense and sparse.

Each rule is written once, over arrays of NumPy or jax alike. It is declared for variables behind
handles (`ResourceApply...`), for those passed by reference (`Apply...`), and where TensorFlow has
it for gradients of some rows (`SparseApply...`, `ResourceSparseApply...`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tidefall.base.shapes import TensorShape
from tidefall.op.definition import OpDef
from tidefall.op.effects import writes
from tidefall.op.inference import Inference
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import op_def, op_names
from tidefall.ops.common import invalid, jnp, no_outputs, shape_text

Rule = Callable[..., tuple[Any, ...]]
_RULES: dict[str, Rule] = {}


def _rule(function: Rule) -> Rule:
    """Keep a rule under the name of its op: `f(xp, *slots, **inputs) -> new values of slots`."""
    name = "".join(part.capitalize() for part in function.__name__.strip("_").split("_"))
    _RULES[name] = function
    return function


@_rule
def _gradient_descent(xp: Any, var: Any, *, alpha: Any, delta: Any) -> tuple[Any, ...]:
    return (var - alpha * delta,)


def _shrink(xp: Any, value: Any, rate: Any, l1: Any, l2: Any) -> Any:
    """The proximal step of L1 and L2 regularisation."""
    shrunk = xp.sign(value) * xp.maximum(xp.abs(value) - rate * l1, xp.zeros_like(value))
    return xp.where(l1 > 0, shrunk, value) / (1 + l2 * rate)


@_rule
def _proximal_gradient_descent(
    xp: Any, var: Any, *, alpha: Any, l1: Any, l2: Any, delta: Any
) -> tuple[Any, ...]:
    return (_shrink(xp, var - alpha * delta, alpha, l1, l2),)


@_rule
def _momentum(
    xp: Any, var: Any, accum: Any, *, lr: Any, grad: Any, momentum: Any, use_nesterov: bool
) -> tuple[Any, ...]:
    accum = accum * momentum + grad
    if use_nesterov:
        return var - (grad * lr + accum * momentum * lr), accum
    return var - accum * lr, accum


@_rule
def _keras_momentum(
    xp: Any, var: Any, accum: Any, *, lr: Any, grad: Any, momentum: Any, use_nesterov: bool
) -> tuple[Any, ...]:
    accum = accum * momentum - grad * lr
    if use_nesterov:
        return var + (accum * momentum - grad * lr), accum
    return var + accum, accum


@_rule
def _adagrad(
    xp: Any, var: Any, accum: Any, *, lr: Any, grad: Any, update_slots: bool
) -> tuple[Any, ...]:
    if update_slots:
        accum = accum + grad * grad
    return var - grad * lr / xp.sqrt(accum), accum


@_rule
def _adagrad_v2(
    xp: Any, var: Any, accum: Any, *, lr: Any, epsilon: Any, grad: Any, update_slots: bool
) -> tuple[Any, ...]:
    if update_slots:
        accum = accum + grad * grad
    return var - grad * lr / (xp.sqrt(accum) + epsilon), accum


@_rule
def _proximal_adagrad(
    xp: Any, var: Any, accum: Any, *, lr: Any, l1: Any, l2: Any, grad: Any
) -> tuple[Any, ...]:
    accum = accum + grad * grad
    rate = lr / xp.sqrt(accum)
    return _shrink(xp, var - grad * rate, rate, l1, l2), accum


def _adagrad_da(
    xp: Any,
    var: Any,
    total: Any,
    squares: Any,
    *,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    global_step: Any,
) -> tuple[Any, ...]:
    total, squares = total + grad, squares + grad * grad
    step = xp.asarray(global_step).astype(total.dtype)
    shrunk = xp.sign(total) * xp.maximum(xp.abs(total) - l1 * step, xp.zeros_like(total))
    top = xp.where(l1 > 0, shrunk, total)
    return -lr * top / (l2 * step * lr + xp.sqrt(squares)), total, squares


_RULES["AdagradDA"] = _adagrad_da


@_rule
def _adadelta(
    xp: Any, var: Any, accum: Any, updates: Any, *, lr: Any, rho: Any, epsilon: Any, grad: Any
) -> tuple[Any, ...]:
    accum = accum * rho + grad * grad * (1 - rho)
    update = xp.sqrt(updates + epsilon) / xp.sqrt(accum + epsilon) * grad
    return var - update * lr, accum, updates * rho + update * update * (1 - rho)


@_rule
def _adam(
    xp: Any,
    var: Any,
    m: Any,
    v: Any,
    *,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
    use_nesterov: bool,
) -> tuple[Any, ...]:
    rate = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = m + (grad - m) * (1 - beta1)
    v = v + (grad * grad - v) * (1 - beta2)
    ahead = grad * (1 - beta1) + beta1 * m if use_nesterov else m
    return var - ahead * rate / (xp.sqrt(v) + epsilon), m, v


@_rule
def _adam_with_amsgrad(
    xp: Any,
    var: Any,
    m: Any,
    v: Any,
    vhat: Any,
    *,
    beta1_power: Any,
    beta2_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> tuple[Any, ...]:
    rate = lr * xp.sqrt(1 - beta2_power) / (1 - beta1_power)
    m = m + (grad - m) * (1 - beta1)
    v = v + (grad * grad - v) * (1 - beta2)
    vhat = xp.maximum(vhat, v)
    return var - m * rate / (xp.sqrt(vhat) + epsilon), m, v, vhat


def _ada_max(
    xp: Any,
    var: Any,
    m: Any,
    v: Any,
    *,
    beta1_power: Any,
    lr: Any,
    beta1: Any,
    beta2: Any,
    epsilon: Any,
    grad: Any,
) -> tuple[Any, ...]:
    m = m + (grad - m) * (1 - beta1)
    v = xp.maximum(beta2 * v, xp.abs(grad))
    return var - lr / (1 - beta1_power) * (m / (v + epsilon)), m, v


_RULES["AdaMax"] = _ada_max


def _rmsprop(
    xp: Any,
    var: Any,
    ms: Any,
    mom: Any,
    *,
    lr: Any,
    rho: Any,
    momentum: Any,
    epsilon: Any,
    grad: Any,
) -> tuple[Any, ...]:
    ms = ms + (grad * grad - ms) * (1 - rho)
    mom = mom * momentum + grad * lr / xp.sqrt(ms + epsilon)
    return var - mom, ms, mom


_RULES["RMSProp"] = _rmsprop


def _centered_rmsprop(
    xp: Any,
    var: Any,
    mg: Any,
    ms: Any,
    mom: Any,
    *,
    lr: Any,
    rho: Any,
    momentum: Any,
    epsilon: Any,
    grad: Any,
) -> tuple[Any, ...]:
    ms = ms + (grad * grad - ms) * (1 - rho)
    mg = mg + (grad - mg) * (1 - rho)
    mom = mom * momentum + grad * lr / xp.sqrt(ms - mg * mg + epsilon)
    return var - mom, mg, ms, mom


_RULES["CenteredRMSProp"] = _centered_rmsprop


@_rule
def _ftrl(
    xp: Any,
    var: Any,
    accum: Any,
    linear: Any,
    *,
    grad: Any,
    lr: Any,
    l1: Any,
    l2: Any,
    lr_power: Any,
    multiply_linear_by_lr: bool,
    l2_shrinkage: Any = None,
) -> tuple[Any, ...]:
    total = accum + grad * grad
    if l2_shrinkage is not None:
        grad = grad + 2 * l2_shrinkage * var
    new, old = total**-lr_power, accum**-lr_power
    if multiply_linear_by_lr:
        linear = linear + lr * grad - (new - old) * var
        bound, scale = l1 * lr, new + 2 * l2 * lr
    else:
        linear = linear + grad - (new - old) / lr * var
        bound, scale = l1, new / lr + 2 * l2
    moved = (bound * xp.sign(linear) - linear) / scale
    return xp.where(xp.abs(linear) > bound, moved, xp.zeros_like(moved)), total, linear


_RULES["FtrlV2"] = _ftrl


@_rule
def _add_sign(
    xp: Any, var: Any, m: Any, *, lr: Any, alpha: Any, sign_decay: Any, beta: Any, grad: Any
) -> tuple[Any, ...]:
    m = m * beta + grad * (1 - beta)
    return var - lr * (alpha + sign_decay * xp.sign(grad) * xp.sign(m)) * grad, m


@_rule
def _power_sign(
    xp: Any, var: Any, m: Any, *, lr: Any, logbase: Any, sign_decay: Any, beta: Any, grad: Any
) -> tuple[Any, ...]:
    m = m * beta + grad * (1 - beta)
    return var - lr * xp.exp(logbase * sign_decay * xp.sign(grad) * xp.sign(m)) * grad, m


# ---- declaring them ----

_ATTRS = ("use_nesterov", "update_slots", "multiply_linear_by_lr")


def _slots(definition: OpDef) -> int:
    """How many of an op's inputs, the first ones, are variables."""
    return sum(
        argument.is_ref or (argument.dtype is not None and argument.dtype.name == "resource")
        for argument in definition.inputs
    )


def _read(storages: tuple[Any, ...], grad: Any, sparse: bool) -> list[Any]:
    values = [storage.read() for storage in storages]
    for value in values:
        if not sparse and value.shape != grad.shape:
            raise invalid(
                "var and grad do not have the same shape"
                f"{shape_text(value.shape)} {shape_text(grad.shape)}"
            )
    return values


def _call(rule: Rule, xp: Any, values: list[Any], inputs: dict[str, Any], attrs: Any) -> Any:
    found = rule(xp, *values, **inputs, **attrs)
    return [new.astype(old.dtype) for new, old in zip(found, values, strict=True)]


def _declare(name: str, rule: Rule, sparse: bool) -> None:
    definition = op_def(name)
    count = _slots(definition)
    names = [argument.name for argument in definition.inputs[count:]]
    grad_at = names.index("delta" if "delta" in names else "grad")
    by_reference = bool(definition.outputs)
    wanted = [key for key in _ATTRS if key in definition.attrs and _takes(rule, key)]

    def update(xp: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
        storages, rest = inputs[:count], inputs[count:]
        values = _read(storages, rest[grad_at], sparse)
        given = dict(zip(names, rest, strict=True))
        indices = given.pop("indices", None)
        if indices is None:
            new = _call(rule, xp, values, given, attrs)
        else:
            grad = given.pop(names[grad_at])
            new = _by_rows(rule, xp, values, given, attrs, indices, grad)
        for storage, value in zip(storages, new, strict=True):
            storage.value = value
        return storages[0] if by_reference else None

    def run(xp: Any, inputs: tuple[Any, ...], attrs: dict[str, Any]) -> Any:
        if xp is not np:  # who runs the compiled program holds the locks
            return update(xp, inputs, attrs)
        locks = sorted([storage.lock for storage in inputs[:count]], key=id)
        for lock in locks:
            lock.acquire()
        try:
            return update(xp, inputs, attrs)
        finally:
            for lock in locks:
                lock.release()

    host, xla = _kernels(run, wanted)
    op(
        name,
        shape=_first_shape if by_reference else no_outputs,
        host=host,
        xla=None if by_reference else xla,
        effects=writes(*[argument.name for argument in definition.inputs[:count]]),
        gradient=NOT_DIFFERENTIABLE,
    )


def _kernels(run: Callable[..., Any], wanted: list[str]) -> tuple[Any, Any]:
    """The two kernels, with the attributes that the rule wants as keyword parameters."""
    if wanted == ["use_nesterov"]:
        return (
            lambda *inputs, use_nesterov: run(np, inputs, {"use_nesterov": use_nesterov}),
            lambda *inputs, use_nesterov: run(jnp, inputs, {"use_nesterov": use_nesterov}),
        )
    if wanted == ["update_slots"]:
        return (
            lambda *inputs, update_slots: run(np, inputs, {"update_slots": update_slots}),
            lambda *inputs, update_slots: run(jnp, inputs, {"update_slots": update_slots}),
        )
    if wanted == ["multiply_linear_by_lr"]:
        key = "multiply_linear_by_lr"
        return (
            lambda *inputs, multiply_linear_by_lr: run(np, inputs, {key: multiply_linear_by_lr}),
            lambda *inputs, multiply_linear_by_lr: run(jnp, inputs, {key: multiply_linear_by_lr}),
        )
    return (lambda *inputs: run(np, inputs, {}), lambda *inputs: run(jnp, inputs, {}))


def _takes(rule: Rule, name: str) -> bool:
    code = rule.__code__
    return name in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def _by_rows(
    rule: Rule,
    xp: Any,
    values: list[Any],
    given: dict[str, Any],
    attrs: dict[str, Any],
    indices: Any,
    grad: Any,
) -> list[Any]:
    """Apply a rule to some rows. Rows named twice are updated twice, one after the other."""
    key = "delta" if _takes(rule, "delta") else "grad"
    if xp is not np:
        rows = [value[indices] for value in values]
        changed = _call(rule, xp, rows, {**given, key: grad}, attrs)
        return [v.at[indices].set(new) for v, new in zip(values, changed, strict=True)]
    rows_in = values[0].shape[0]
    if indices.size and (indices.min() < 0 or indices.max() >= rows_in):
        bad = indices[(indices < 0) | (indices >= rows_in)][0]
        raise invalid(f"Index {bad} at offset 0 in indices is out of range")
    values = [np.array(value) for value in values]
    for chosen in _rounds(indices):
        at = indices[chosen]
        changed = _call(rule, np, [v[at] for v in values], {**given, key: grad[chosen]}, attrs)
        for value, new in zip(values, changed, strict=True):
            value[at] = new
    return values


def _rounds(indices: Any) -> list[Any]:
    """Positions of the indices in rounds, each of which names no row twice."""
    left = np.arange(len(indices))
    rounds = []
    while len(left):
        _, first = np.unique(indices[left], return_index=True)
        rounds.append(left[np.sort(first)])
        left = np.delete(left, first)
    return rounds


def _first_shape(c: Inference) -> TensorShape:
    return c.shape(0)


def _declare_all() -> None:
    known = set(op_names())
    for name, rule in _RULES.items():
        for prefix in ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply"):
            if f"{prefix}{name}" in known:
                _declare(f"{prefix}{name}", rule, "Sparse" in prefix)


_declare_all()
