"""How a model is registered, written, read and asked for results."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

Call = tuple[Any, ...]
Encoded = list[dict[str, Any]]


@dataclass(frozen=True)
class Model:
    """A model: what makes it, and what is asked of it.

    Attributes:
        name: its name.
        subject: the module it stands in; one recording holds all models of a subject.
        build: returns an object, or it and its signatures.
        write: writes a folder itself, instead of `build`.
        read: loads the folder; by default `tf.saved_model.load`.
        options: gives the SaveOptions for an object.
        calls: what to compute with the object that was read.
        again: whether the loaded object can be saved again.
        session: whether its signatures can be run in a session.
    """

    name: str
    subject: str
    build: Callable[[Any], Any] | None
    write: Callable[[Any, str], None] | None
    read: Callable[[Any, str], Any]
    options: Callable[[Any, Any], Any]
    calls: list[Call]
    again: bool
    session: bool


MODELS: dict[str, Model] = {}


def _load(tf: Any, folder: str) -> Any:
    return tf.saved_model.load(folder)


def model(
    *calls: Call,
    read: Callable[[Any, str], Any] = _load,
    options: Callable[[Any, Any], Any] = lambda tf, obj: None,
    writes: bool = False,
    again: bool = True,
    session: bool = True,
) -> Callable[[Any], Any]:
    """Register a builder `build(tf)`, or with `writes` a function `write(tf, folder)`.

    A call is `(path, *arguments)`, with a dict as last argument for keywords; the path is an
    attribute, an index, or "signatures/name". Arrays become tensors, functions are called with
    `tf`. Other calls are

        ("gradient", call, paths)  gradients of the sum of all float results by the first argument
                                   (if it is an array) and by variables
        ("train", call, paths)     three steps of gradient descent; gives the variables
        ("describe", path)         the inputs and outputs of a concrete function
        ("raises", call)           the class of the error
        ("elsewhere", call)        a call whose result differs in the process that made the model
    """

    def register(made: Callable[..., Any]) -> Any:
        subject = made.__module__.rpartition(".")[2]
        build, write = (None, made) if writes else (made, None)
        name = made.__name__
        assert name not in MODELS
        MODELS[name] = Model(
            name, subject, build, write, read, options, list(calls), again, session
        )
        return made

    return register


def write(tf: Any, name: str, folder: str) -> None:
    """Make a model and save it."""
    made = MODELS[name]
    if made.write is not None:
        made.write(tf, folder)
    elif made.build is not None:
        built = made.build(tf)
        obj, signatures = built if isinstance(built, tuple) else (built, None)
        tf.saved_model.save(obj, folder, signatures, made.options(tf, obj))


def write_again(tf: Any, name: str, source: str, folder: str) -> None:
    """Load a model and save what was loaded."""
    made = MODELS[name]
    obj = made.read(tf, source)
    tf.saved_model.save(obj, folder, obj.signatures, made.options(tf, obj))


def results(tf: Any, name: str, folder: str, elsewhere: bool = True) -> list[Encoded | None]:
    """What the calls of a model give after it was read, as JSON.

    Args:
        tf: the package that reads it.
        name: the model's name.
        folder: where it was written.
        elsewhere: whether another process wrote it; else the calls that need that give None.
    """
    obj = MODELS[name].read(tf, folder)
    return [
        None if call[0] == "elsewhere" and not elsewhere else _run(tf, obj, call)
        for call in MODELS[name].calls
    ]


def session_calls(name: str) -> list[Call]:
    """The calls that a session can make: those of signatures with keywords."""
    made = MODELS[name]
    if not made.session or made.read is not _load:
        return []
    calls = [call for call in made.calls if call[0].startswith("signatures/")]
    return [call for call in calls if len(call) == 1 or isinstance(call[1], dict)]


def session_results(tf: Any, name: str, folder: str) -> list[Encoded]:
    """What the calls of signatures give in a session, by names of tensors, as a server does it."""
    v1, found = tf.compat.v1, []
    calls = session_calls(name)
    if not calls:
        return []
    with tf.Graph().as_default(), v1.Session() as session:
        meta = v1.saved_model.loader.load(session, ["serve"], folder)
        for call in calls:
            signature = meta.signature_def[call[0].partition("/")[2]]
            given = call[1] if len(call) > 1 else {}
            feeds = {signature.inputs[key].name: value for key, value in given.items()}
            fetches = {k: info.name for k, info in signature.outputs.items() if info.name}
            values = session.run(fetches, feeds)
            found.append(_encode(tf, [values[key] for key in sorted(values)]))
    return found


def _run(tf: Any, obj: Any, call: Call) -> Encoded:
    kinds = {"gradient": _gradient, "train": _train, "describe": _describe, "raises": _raises}
    if call[0] == "elsewhere":
        call = call[1]
    if call[0] in kinds:
        return kinds[call[0]](tf, obj, *call[1:])
    found = _find(obj, call[0])
    if not callable(found) or hasattr(found, "assign"):
        return _encode(tf, found)
    return _encode(tf, _call(tf, found, call[1:]))


def _find(obj: Any, path: str) -> Any:
    for step in path.split("/") if path else ():
        if step.isdigit():
            obj = obj[int(step)]
        elif hasattr(obj, "keys"):
            obj = obj[step]
        else:
            obj = getattr(obj, step)
    return obj


def _call(tf: Any, function: Any, arguments: tuple[Any, ...]) -> Any:
    kwargs = {}
    if arguments and isinstance(arguments[-1], dict):
        *arguments, kwargs = arguments
    args, kwargs = _made(tf, list(arguments)), _made(tf, kwargs)
    return function(*args, **kwargs)


def _made(tf: Any, value: Any) -> Any:
    """The tensors that arguments stand for."""
    if isinstance(value, list):
        return [_made(tf, item) for item in value]
    if isinstance(value, dict):
        return {key: _made(tf, item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return tf.constant(value)
    return value(tf) if callable(value) else value


def _total(tf: Any, obj: Any, path: str, arguments: tuple[Any, ...], power: int) -> Any:
    outputs = _call(tf, _find(obj, path), arguments)
    flat = tf.nest.flatten(outputs, expand_composites=True)
    floats = [t for t in flat if t is not None and t.dtype.is_floating]
    return tf.add_n([tf.reduce_sum(tf.cast(t, tf.float32) ** power) for t in floats])


def _gradient(tf: Any, obj: Any, call: Call, paths: list[str]) -> Encoded:
    variables = [_find(obj, path) for path in paths]
    path, *arguments = call
    watched = []
    with tf.GradientTape() as tape:
        if arguments and isinstance(arguments[0], np.ndarray | np.generic):
            arguments[0] = tf.constant(arguments[0])
            if arguments[0].dtype.is_floating:
                watched = [arguments[0]]
                tape.watch(watched)
        total = _total(tf, obj, path, tuple(arguments), 1)
    found = tape.gradient(total, [*watched, *map(_plain, variables)])
    return _encode(tf, [None if g is None else tf.convert_to_tensor(g) for g in found])


def _train(tf: Any, obj: Any, call: Call, paths: list[str]) -> Encoded:
    variables = [_plain(_find(obj, path)) for path in paths]
    for _ in range(3):
        with tf.GradientTape() as tape:
            total = _total(tf, obj, call[0], call[1:], 2)
        for variable, slope in zip(variables, tape.gradient(total, variables), strict=True):
            variable.assign_sub(0.01 * tf.convert_to_tensor(slope))
    return _encode(tf, variables)


def _plain(variable: Any) -> Any:
    return getattr(variable, "value", variable) if hasattr(variable, "path") else variable


def _describe(tf: Any, obj: Any, path: str) -> Encoded:
    function = _find(obj, path)

    def words(structure: Any) -> list[str]:
        return [
            f"{spec.dtype.name} {spec.shape} {spec.name}" for spec in tf.nest.flatten(structure)
        ]

    outputs = function.structured_outputs
    keys = sorted(outputs) if isinstance(outputs, dict) else []
    results = [f"{spec.dtype.name} {spec.shape}" for spec in tf.nest.flatten(outputs)]
    texts = [words(function.structured_input_signature), keys, results]
    return [{"dtype": "text", "shape": [], "data": repr(texts)}]


def _raises(tf: Any, obj: Any, call: Call) -> Encoded:
    try:
        _run(tf, obj, call)
    except Exception as error:  # noqa: BLE001
        return [{"dtype": "error", "shape": [], "data": type(error).__name__}]
    return [{"dtype": "error", "shape": [], "data": "none"}]


def _encode(tf: Any, value: Any) -> Encoded:
    encoded = []
    for item in tf.nest.flatten(value, expand_composites=True):
        if item is None:
            encoded.append({"dtype": "none", "shape": [], "data": ""})
            continue
        array = np.asarray(item.numpy() if hasattr(item, "numpy") else item)
        if array.dtype.kind in "OS":
            data: Any = [base64.b64encode(v).decode() for v in array.ravel().tolist()]
            encoded.append({"dtype": "bytes", "shape": list(array.shape), "data": data})
            continue
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
        encoded.append({"dtype": array.dtype.name, "shape": list(array.shape), "data": data})
    return encoded


# ---- what builders use ----


@cache
def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="models-")


def text_file(name: str, lines: list[str]) -> str:
    """A file of lines that lasts as long as the process; its path."""
    path = Path(_scratch().name) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return str(path)


def wave(*shape: int, scale: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """Numbers that look random and are the same everywhere."""
    size = int(np.prod(shape))
    values = scale * np.sin(1.7 * np.arange(size) + shift)
    return values.astype(np.float32).reshape(shape)
