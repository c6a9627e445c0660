"""The cache key of a step: what it reads, by content; its parameters; its code."""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
from typing import Any

import tidefall

_OWN = "tidefall.lifecycle.pipelines"
DIGEST = "content_digest"
_CODE = ("module_file",)


def cache_key(
    pipeline: str, node: str, executor: Any, inputs: Any, outputs: Any, parameters: Any
) -> str:
    """Return the key of a step.

    As TFX: pipeline, node, executor, inputs, types of outputs, parameters and the module file; but
    inputs count by what their files hold, not by their numbers in the store, and code by the module
    file with the modules beside it that it imports.
    """
    parts: list[Any] = [pipeline, node, _executor_code(executor)]
    for key in sorted(inputs):
        parts.append([key, [_identity(one) for one in inputs[key]]])
    parts.append({key: channel.type_name for key, channel in sorted(outputs.items())})
    parts.append({key: str(value) for key, value in sorted(parameters.items())})
    for key in _CODE:
        if parameters.get(key):
            parts.append(_sources(str(parameters[key])))
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _identity(artifact: Any) -> list[Any]:
    custom = artifact.custom_properties
    digest = custom.get(DIGEST)
    if digest is None:
        return [artifact.type_name, artifact.id, artifact.uri]
    kept = {k: v for k, v in custom.items() if k not in ("name", "current_model_id")}
    return [artifact.type_name, artifact.properties, kept]


def _executor_code(executor: Any) -> list[str]:
    name = f"{executor.__module__}.{executor.__qualname__}"
    function = getattr(executor, "FUNCTION", None)
    if executor.__module__.startswith(_OWN) and function is None:
        extra = [str(getattr(executor, one, "")) for one in ("IMAGE", "COMMAND")]
        return [name, tidefall.__version__, *extra]
    try:
        source = inspect.getsource(function if function is not None else executor)
    except (OSError, TypeError):
        source = ""
    return [name, source]


def _sources(module_file: str) -> dict[str, str]:
    """The texts of a module file, and of the modules beside it that it imports."""
    folder, found, todo = os.path.dirname(module_file), {}, [module_file]
    while todo:
        path = todo.pop()
        if path in found or not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as file:
            found[path] = file.read()
        try:
            tree = ast.parse(found[path])
        except SyntaxError:
            continue
        for name in (name for node in ast.walk(tree) for name in _imported(node)):
            todo.append(os.path.join(folder, f"{name.rpartition('.')[2]}.py"))
    return {os.path.basename(path): text for path, text in sorted(found.items())}


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or "", *(alias.name for alias in node.names)]
    return []
