"""TensorFlow.js for pages: from the registry that npm is set up with, pinned and checked."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import tempfile

from tidefall.base import errors

VERSION = "4.22.0"
_TFJS, _WASM = "@tensorflow/tfjs/dist/", "@tensorflow/tfjs-backend-wasm/dist/"
FILES = {
    f"{_TFJS}tf.min.js": "300dfae273d20b4046f46a06d735688f03675a807561e9bcb5f664eb2f3d2831",
    f"{_WASM}tf-backend-wasm.min.js":
        "691bbec0ef8b5a7f17f212e9c5d85832030f90d030b46e99acb4dea1fb16f009",
    f"{_WASM}tfjs-backend-wasm.wasm":
        "70a5d516060464e5269f01c74bac1772d6b8ab6cb612acf16b5cdaf61f78d892",
    f"{_WASM}tfjs-backend-wasm-simd.wasm":
        "77ebb28a6d34f371dbbf2086b7f2de8994acd8ea5a3cf1fa24d2c26c840cac7b",
}  # fmt: skip
"""The files of the packages that pages need, with their SHA-256."""


def runtime_folder(given: str | None = None) -> str:
    """Return a folder with `node_modules` that has TensorFlow.js for pages.

    Args:
        given: such a folder; else one in the user's cache, which npm fills the first time.

    Raises:
        UnavailableError: there is no such folder, and npm is not there or cannot reach its
            registry.
        DataLossError: a file is not the one that is pinned.
    """
    folder = given or os.environ.get("TIDEFALL_TFJS") or _cache()
    if not given and not os.path.isdir(os.path.join(folder, "node_modules")):
        _install(folder)
    for name, digest in FILES.items():
        path = os.path.join(folder, "node_modules", name)
        if not os.path.exists(path):
            raise errors.UnavailableError(
                None, None,
                f"{folder} has no {name}: `npm install @tensorflow/tfjs@{VERSION} "
                f"@tensorflow/tfjs-backend-wasm@{VERSION}` there, or name another with --runtime",
            )  # fmt: skip
        with open(path, "rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                raise errors.DataLossError(
                    None, None, f"{path} is not that of version {VERSION}: its SHA-256 is another"
                )
    return folder


def _cache() -> str:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "tidefall", f"tfjs-{VERSION}")


def _install(folder: str) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise errors.UnavailableError(
            None, None, "npm is not installed; name a folder with TensorFlow.js with --runtime"
        )
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder)) as temporary:
        packages = [f"@tensorflow/tfjs@{VERSION}", f"@tensorflow/tfjs-backend-wasm@{VERSION}"]
        command = [
            npm,
            "install",
            "--prefix",
            temporary,
            "--ignore-scripts",
            "--no-audit",
            *packages,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["no reason was given"]
            raise errors.UnavailableError(None, None, f"npm install failed: {lines[-1]}")
        os.rename(temporary, folder)
        os.mkdir(temporary)  # for the block to remove


def write_runtime(folder: str, target: str) -> None:
    """Write the runtime's files into a folder of a page.

    Args:
        folder: as `runtime_folder` returns it.
        target: the folder; it is made.
    """
    os.makedirs(target)
    urls = {}
    for name in FILES:
        path = os.path.join(folder, "node_modules", name)
        base = os.path.basename(name)
        if name.endswith(".js"):
            shutil.copyfile(path, os.path.join(target, base))
            continue
        with open(path, "rb") as file:
            text = base64.b64encode(file.read()).decode()
        urls[base] = f"data:application/wasm;base64,{text}"
    # Asked for by name, but used only where pages may share memory between threads.
    urls["tfjs-backend-wasm-threaded-simd.wasm"] = urls["tfjs-backend-wasm-simd.wasm"]
    with open(os.path.join(target, "wasm.js"), "w", encoding="utf-8") as script:
        script.write(f"const WASM = {json.dumps(urls)};\n")
