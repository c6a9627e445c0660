"""From a model to the folder of its page."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

from tidefall.base import errors
from tidefall.export.tfjs.graph_model import place, save_graph_model
from tidefall.export.tfjs.page.runtime import runtime_folder, write_runtime
from tidefall.export.tfjs.weights import Quantization

_OWN = ("index.html", "page.css", "page.js")


def save_page(
    model: Any,
    folder: str | os.PathLike[str],
    *,
    signature: str | None = None,
    labels: Sequence[str] = (),
    title: str = "",
    about: str = "",
    picture_range: tuple[float, float] = (0.0, 1.0),
    quantize: Quantization | None = None,
    runtime: str | None = None,
) -> None:
    """Write a page in which a model can be tried.

    Open `index.html`, from the disk or any server of files; nothing is fetched from elsewhere.
    Pictures are dropped, chosen or drawn, numbers entered; it runs by WebGL, WebAssembly or plain
    JavaScript.

    Args:
        model: as `save_graph_model` takes it.
        folder: to write; it is there whole or not at all, and replaces one with a `model.js`.
        signature: which signature of a SavedModel.
        labels: of the classes, for outputs with as many numbers.
        title, about: what the page says of the model.
        picture_range: what black and white are for the model.
        quantize: as `save_graph_model` takes it.
        runtime: a folder in which npm installed `@tensorflow/tfjs` and
            `@tensorflow/tfjs-backend-wasm`; by default one in the user's cache, filled the first
            time.

    Raises:
        UnimplementedError: TensorFlow.js lacks ops of the model.
        UnavailableError: the runtime is not there, and npm cannot bring it.
        AlreadyExistsError: the folder is there and is no page.
    """
    target = os.path.abspath(os.fspath(folder))
    if os.path.exists(target) and not os.path.exists(os.path.join(target, "model.js")):
        raise errors.AlreadyExistsError(None, None, f"{target} is there, and is no page of a model")
    packages = runtime_folder(runtime)
    with tempfile.TemporaryDirectory() as temporary:
        made = os.path.join(temporary, "model")
        save_graph_model(model, made, signature=signature, quantize=quantize)
        script = _script(made, list(labels), title or "Model", about, picture_range)

    def write(page: str) -> None:
        own = files(__package__)
        for name in _OWN:
            with open(os.path.join(page, name), "wb") as file:
                file.write((own / name).read_bytes())
        with open(os.path.join(page, "model.js"), "w", encoding="utf-8") as file:
            file.write(script)
        write_runtime(packages, os.path.join(page, "runtime"))

    place(target, write)


def _script(
    folder: str, labels: list[str], title: str, about: str, picture_range: tuple[float, float]
) -> str:
    with open(os.path.join(folder, "model.json"), encoding="utf-8") as file:
        model = json.load(file)
    manifest = model.pop("weightsManifest")
    content = b""
    for group in manifest:
        for name in group["paths"]:
            with open(os.path.join(folder, name), "rb") as shard:
                content += shard.read()
    whole = {
        "title": title, "about": about, "labels": labels, "pictureRange": list(picture_range),
        "model": model, "manifest": manifest, "weights": base64.b64encode(content).decode(),
    }  # fmt: skip
    return f"const MODEL = {json.dumps(whole)};\n"


def page_bytes(folder: str) -> int:
    """What a page weighs when a server compresses it."""
    import gzip

    total = 0
    for root, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(root, name), "rb") as file:
                total += len(gzip.compress(file.read(), 6))
    return total
