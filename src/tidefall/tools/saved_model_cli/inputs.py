"""The inputs of `run`: what `--inputs`, `--input_exprs` and `--input_examples` stand for."""

from __future__ import annotations

import ast
import logging
import re
from typing import Any

from tidefall.tools.saved_model_cli.array_files import load_array
from tidefall.tools.saved_model_cli.expressions import evaluate

_log = logging.getLogger("tidefall.saved_model_cli")


def load_inputs(inputs: str, input_exprs: str, input_examples: str) -> dict[str, Any]:
    """The values of a signature's inputs, by their keys.

    Args:
        inputs: `key=file` or `key=file[name]`, separated by `;`.
        input_exprs: `key=expression`, separated by `;`.
        input_examples: `key=[{feature: [values]}]`, separated by `;`.

    Raises:
        RuntimeError, ValueError: for another form, and for files that cannot be read.
    """
    found = {key: load_array(*source) for key, source in parse_inputs(inputs).items()}
    expressions = {key: evaluate(text) for key, text in _assignments(input_exprs)}
    examples = {key: _examples(text) for key, text in _assignments(input_examples)}
    for values, flag in ((expressions, "--input_exprs"), (examples, "--input_examples")):
        for key, value in values.items():
            if key in found:
                _log.warning(
                    "input_key %s has been specified in several options. Value in %s will be used.",
                    key,
                    flag,
                )
            found[key] = value
    return found


def parse_inputs(text: str) -> dict[str, tuple[str, str | None]]:
    """The files, and names of arrays in them, by the key of the input.

    Raises:
        RuntimeError: for another form.

    >>> parse_inputs("x=a.npy;y=b.npz[first]")
    {'x': ('a.npy', None), 'y': ('b.npz', 'first')}
    """
    found: dict[str, tuple[str, str | None]] = {}
    for item in filter(None, text.split(";")):
        match = re.fullmatch(r"([^=]+)=([^\[\]]+)(?:\[([^\[\]]+)\])?", item)
        if match is None:
            raise RuntimeError(
                f'--inputs "{item}" format is incorrect. Please follow"<input_key>=<filename>", '
                'or"<input_key>=<filename>[<variable_name>]"'
            )
        found[match[1]] = match[2], match[3]
    return found


def _assignments(text: str) -> list[tuple[str, str]]:
    found = []
    for item in filter(None, text.split(";")):
        key, equals, expression = item.partition("=")
        if not equals:
            raise RuntimeError(
                f'--input_exprs "{text}" format is incorrect. Please follow'
                '"<input_key>=<python expression>"'
            )
        found.append((key, expression))
    return found


def _examples(text: str) -> list[bytes]:
    try:
        examples = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError) as error:
        raise RuntimeError(f'Expression "{text}" is not a valid python literal.') from error
    if not isinstance(examples, list):
        raise ValueError(
            f'tf.Example input must be a list of dictionaries, but "{examples}" is {type(examples)}'
        )
    return [_example(item) for item in examples]


def _example(features: Any) -> bytes:
    from tidefall.proto import Example

    if not isinstance(features, dict):
        raise ValueError(f'a tf.Example must be a dictionary, but "{features}" is {type(features)}')
    example = Example()
    for name, values in features.items():
        if not isinstance(values, list):
            raise ValueError(
                f'feature value must be a list, but {name}: "{values}" is {type(values)}'
            )
        if not values:
            example.features.feature[name].SetInParent()
            continue
        feature, first = example.features.feature[name], values[0]
        if isinstance(first, float):
            feature.float_list.value.extend(values)
        elif isinstance(first, str):
            feature.bytes_list.value.extend([value.encode() for value in values])
        elif isinstance(first, bytes):
            feature.bytes_list.value.extend(values)
        elif isinstance(first, int):
            feature.int64_list.value.extend(values)
        else:
            raise ValueError(
                f"Type {type(first)} for value {first} is not supported for tf.train.Feature."
            )
    return example.SerializeToString()
