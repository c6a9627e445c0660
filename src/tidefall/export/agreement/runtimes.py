"""The runtimes: for each a function that opens the model and gives another that runs it.

A new one is a function with `@runtime(NAME)`. It raises `UnavailableError` where what it needs is
not installed, and whatever else it meets becomes its row of the table.
"""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.sources import Source

Run = Callable[[Sequence[np.ndarray]], list[np.ndarray]]
"""Takes arrays in the order of the inputs and returns those of the outputs in theirs."""


@dataclass
class Subject:
    """The model that is compared.

    Attributes:
        source: its function, with the names of inputs and outputs.
        keras: the Keras model, if it is one.
        folder: its SavedModel.
        stack: closes what runtimes open.
        batch: the first size of the arrays, for runtimes that want it fixed.
    """

    source: Source
    keras: Any
    folder: str
    stack: ExitStack
    batch: int

    def by_name(self, arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Inputs by their names."""
        return dict(zip(self.source.inputs, arrays, strict=True))

    def in_order(self, outputs: dict[str, Any]) -> list[np.ndarray]:
        """Outputs in their order."""
        if len(outputs) == 1 and len(self.source.outputs) == 1:
            return [np.asarray(next(iter(outputs.values())))]
        return [np.asarray(outputs[name]) for name in self.source.outputs]


RUNTIMES: dict[str, Callable[[Subject], Run]] = {}
"""The runtimes by name, in the order of the table."""


def runtime(name: str) -> Callable[[Callable[[Subject], Run]], Callable[[Subject], Run]]:
    """Add a function to the table."""

    def add(function: Callable[[Subject], Run]) -> Callable[[Subject], Run]:
        RUNTIMES[name] = function
        return function

    return add


@runtime("eager")
def _eager(subject: Subject) -> Run:
    import tidefall as tf

    if subject.keras is None:
        raise errors.UnavailableError(None, None, "a SavedModel has no Python code")

    def run(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        tensors = [tf.constant(a) for a in arrays]
        found = subject.keras(tensors if len(tensors) > 1 else tensors[0], training=False)
        return [np.asarray(t) for t in tf.nest.flatten(found)]

    return run


@runtime("function")
def _function(subject: Subject) -> Run:
    return lambda arrays: [np.asarray(a) for a in subject.source.call(arrays)]


@runtime("compiled")
def _compiled(subject: Subject) -> Run:
    import tidefall as tf

    source = subject.source
    compiled = tf.function(
        lambda *given: source.function.call_flat(list(given)), jit_compile=True, autograph=False
    )
    return lambda arrays: [np.asarray(t) for t in compiled(*(tf.constant(a) for a in arrays))]


@runtime("saved model")
def _saved_model(subject: Subject) -> Run:
    import tidefall as tf

    loaded = tf.saved_model.load(subject.folder)
    signature = loaded.signatures[subject.source.key]

    def run(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        assert loaded is not None  # it keeps the variables alive
        given = {k: tf.constant(v) for k, v in subject.by_name(arrays).items()}
        return subject.in_order(signature(**given))

    return run


def _served(subject: Subject, scheme: str) -> Run:
    from tidefall.serving import Client, ServerProcess

    base = subject.stack.enter_context(tempfile.TemporaryDirectory())
    os.symlink(os.path.abspath(subject.folder), os.path.join(base, "1"))
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = {"port": port} if scheme == "grpc" else {}
    server = subject.stack.enter_context(ServerProcess("model", base, **flags))
    url = f"grpc://127.0.0.1:{port}" if scheme == "grpc" else server.url
    client = subject.stack.enter_context(Client(url, "model"))
    key = subject.source.key
    return lambda arrays: subject.in_order(client.infer(subject.by_name(arrays), key))


@runtime("server REST")
def _rest(subject: Subject) -> Run:
    return _served(subject, "http")


@runtime("server gRPC")
def _grpc(subject: Subject) -> Run:
    return _served(subject, "grpc")


@runtime("lite")
def _lite(subject: Subject) -> Run:
    from tidefall.lite.converter.converter import TFLiteConverter
    from tidefall.lite.interpreter.interpreter import Interpreter

    key = subject.source.key
    converter = TFLiteConverter.from_saved_model(subject.folder, [key])
    converter.verify = False
    runner: Any = Interpreter(model_content=converter.convert()).get_signature_runner(key)
    return lambda arrays: subject.in_order(runner(**subject.by_name(arrays)))


@runtime("onnx")
def _onnx(subject: Subject) -> Run:
    from tidefall.export.onnx.exporter.convert import export_source

    made = export_source(subject.source)
    try:
        import onnxruntime
    except ModuleNotFoundError:
        raise errors.UnavailableError(None, None, "pip install onnxruntime") from None
    session = onnxruntime.InferenceSession(
        made.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return lambda arrays: session.run(None, subject.by_name(arrays))


@runtime("tensorflow.js")
def _tensorflow_js(subject: Subject) -> Run:
    from tidefall.export.tfjs import save_graph_model
    from tidefall.export.tfjs.node import Node

    node = subject.stack.enter_context(Node())
    base = subject.stack.enter_context(tempfile.TemporaryDirectory())
    folder = os.path.join(base, "web")
    save_graph_model(subject.folder, folder, signature=subject.source.key)
    return lambda arrays: subject.in_order(node.run(folder, subject.by_name(arrays)))


@runtime("stablehlo")
def _stablehlo(subject: Subject) -> Run:
    import tidefall as tf
    from tidefall.export.stablehlo import from_stablehlo, to_stablehlo

    function = from_stablehlo(
        to_stablehlo(subject.folder, signature=subject.source.key, batch=subject.batch)
    )

    def run(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        found = function(
            *(tf.constant(a) for a in [v for _, v in sorted(subject.by_name(arrays).items())])
        )
        return subject.in_order(found if isinstance(found, dict) else {"": found})

    return run
