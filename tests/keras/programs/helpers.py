"""What the programs share: data that never changes, weights from NumPy, plain results."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

Program = Callable[[Any, Any], Any]
"""Takes `tensorflow` and `keras`; returns dicts and lists of numbers, strings and arrays."""

SHOWN = 12


def table() -> tuple[dict[str, Program], Callable[..., Any]]:
    """A table of programs and the decorator that puts functions into it."""
    programs: dict[str, Program] = {}

    def program(function: Program) -> Program:
        programs[function.__name__] = function
        return function

    return programs, program


def values(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    """Normally distributed float32 numbers, always the same ones."""
    numbers = np.random.RandomState(seed).standard_normal(shape)
    return (scale * numbers).astype("float32")


def integers(high: int, *shape: int, seed: int = 0, low: int = 0) -> np.ndarray:
    """Integers from `low` to below `high`, always the same ones."""
    return np.random.RandomState(seed).randint(low, high, shape)


def regression(rows: int = 24, columns: int = 5, outputs: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and targets that a small model can learn."""
    x = values(rows, columns, seed=1)
    y = x @ values(columns, outputs, seed=2) + 0.1 * values(rows, outputs, seed=3)
    return x, y.astype("float32")


def classification(rows: int = 24, columns: int = 5, classes: int = 3) -> tuple[Any, Any]:
    """Inputs and the numbers of their classes."""
    x = values(rows, columns, seed=4)
    return x, np.argmax(x @ values(columns, classes, seed=5), -1)


def fix(model: Any, seed: int = 0, scale: float = 0.4) -> Any:
    """Gives a built model weights that do not depend on anybody's generator; returns it."""
    state = np.random.RandomState(seed)

    def numbers(weight: Any) -> np.ndarray:
        drawn = scale * state.standard_normal(tuple(weight.shape))
        name = weight.name
        if "variance" in name:
            drawn = 1 + np.abs(drawn)
        elif name == "gamma":
            drawn = 1 + 0.1 * drawn
        return drawn.astype("float32")

    for weight in model.weights:
        if "float" in str(weight.dtype):
            weight.assign(numbers(weight))
    return model


def dense_model(keras: Any, columns: int = 5, outputs: int = 1, **options: Any) -> Any:
    """Two dense layers with fixed weights."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input([columns]),
            layers.Dense(8, activation="tanh"),
            layers.Dense(outputs, **options),
        ]
    )
    return fix(model)


def weights(model: Any) -> list[Any]:
    """The weights of a model or layer, or some variables, as arrays."""
    return [np.asarray(w) for w in getattr(model, "weights", model)]


def plain(value: Any) -> Any:
    """The same as JSON: large arrays by their shape, moments and some elements."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, bytes):
        return value.decode("utf8", "replace")
    if value is None or isinstance(value, (str, bool)):
        return value
    if hasattr(value, "to_list"):
        return plain(value.to_list())
    array = np.asarray(value)
    if array.dtype.kind in "SUO":
        return plain(array.tolist())
    if array.dtype.kind not in "biu":
        array = array.astype("float64")
    if array.size <= SHOWN:
        return _rounded(array.tolist())
    flat = array.reshape(-1)
    places = np.linspace(0, array.size - 1, 6).astype(int)
    return {
        "shape": list(array.shape),
        "mean": _rounded(float(flat.mean())),
        "deviation": _rounded(float(flat.std())),
        "some": _rounded(flat[places].tolist()),
    }


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def differences(found: Any, wanted: Any, rtol: float, atol: float, at: str = "") -> list[str]:
    """Where two plain results differ."""
    if isinstance(wanted, dict) and isinstance(found, dict) and found.keys() == wanted.keys():
        pairs = [(k, found[k], wanted[k]) for k in wanted]
    elif isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        pairs = [(i, f, w) for i, (f, w) in enumerate(zip(found, wanted, strict=True))]
    elif _number(wanted) and _number(found):
        close = np.isclose(found, wanted, rtol=rtol, atol=atol, equal_nan=True)
        return [] if close else [f"{at}: {found} instead of {wanted}"]
    else:
        return [] if found == wanted else [f"{at}: {found!r} instead of {wanted!r}"]
    return [d for k, f, w in pairs for d in differences(f, w, rtol, atol, f"{at}/{k}")]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def outcome(program: Program, tf: Any, keras: Any) -> Any:
    """What a program gives in a session of its own, as JSON has it."""
    keras.backend.clear_session()
    tf.random.set_seed(None)
    keras.config.set_dtype_policy("float32")
    return json.loads(json.dumps(plain(program(tf, keras))))
