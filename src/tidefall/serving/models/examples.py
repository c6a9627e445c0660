"""Classification and regression of tf.Examples: which signatures can do it, and what they return.

The rules and their words are TensorFlow Serving's. Both protocols use them: they turn requests into
serialized Examples, and what `classifications` and `regressions` return into replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tidefall.serving.models.servable import (
    CLASSIFY_METHOD,
    REGRESS_METHOD,
    Arrays,
    Signature,
    format_shape,
)
from tidefall.serving.status import invalid

_INPUTS = "inputs"
_CLASSES, _SCORES = "classes", "scores"
_OUTPUTS = "outputs"


@dataclass(frozen=True, slots=True)
class Classifications:
    """Labels and scores of the classes of each example, or only one of the two.

    Args:
        labels: bytes, of shape `[examples, classes]`.
        scores: float32, of shape `[examples, classes]`.
    """

    labels: np.ndarray | None
    scores: np.ndarray | None


def example_inputs(examples: Sequence[bytes]) -> dict[str, np.ndarray]:
    """The inputs of a signature that takes serialized Examples.

    Raises:
        InvalidArgumentError: there are none.
    """
    if not examples:
        raise invalid("Input is empty.")
    serialized = np.empty(len(examples), dtype=object)
    serialized[:] = examples
    return {_INPUTS: serialized}


def check_classifier(signature: Signature) -> None:
    """Raises InvalidArgumentError where a signature cannot classify Examples."""
    _check_method(signature, "classification", CLASSIFY_METHOD)
    _check_input(signature, "classification")
    if len(signature.outputs) not in (1, 2):
        found = len(signature.outputs)
        raise invalid(f"Expected one or two output Tensors, found {found}")
    if not signature.outputs.keys() & {_CLASSES, _SCORES}:
        raise invalid(
            "Expected classification signature outputs to contain at least one of "
            f'"{_CLASSES}" or "{_SCORES}". Signature was: {_describe(signature)}'
        )


def check_regressor(signature: Signature) -> None:
    """Raises InvalidArgumentError where a signature cannot do regression on Examples."""
    _check_method(signature, "regression", REGRESS_METHOD)
    _check_input(signature, "regression")
    if len(signature.outputs) != 1:
        raise invalid(f"Expected one output Tensor. Signature was: {_describe(signature)}")
    if _OUTPUTS not in signature.outputs:
        raise invalid(f"No regression outputs found in SignatureDef: {_describe(signature)}")


def _check_method(signature: Signature, task: str, method: str) -> None:
    if signature.checks_method and signature.method_name != method:
        raise invalid(
            f"Expected {task} signature method_name to be {method}. Was: {signature.method_name}"
        )


def _check_input(signature: Signature, task: str) -> None:
    if len(signature.inputs) != 1:
        raise invalid(f"Expected one input Tensor. Signature was: {_describe(signature)}")
    info = signature.inputs.get(_INPUTS)
    if info is None:
        raise invalid(f"No {task} inputs found in SignatureDef: {_describe(signature)}")
    if info.dtype != "string":
        raise invalid(
            f"Expected the input of a {task} signature to take serialized Examples (string). "
            f"Signature was: {_describe(signature)}"
        )


def classifications(outputs: Arrays, examples: int) -> Classifications:
    """What a classifier returned for a number of examples.

    Raises:
        InvalidArgumentError: the outputs are not of the type or shape they should be.
    """
    labels, scores = outputs.get(_CLASSES), outputs.get(_SCORES)
    if labels is not None:
        if labels.dtype.kind not in "OSU":
            raise invalid(f"Expected classes Tensor of DT_STRING. Got: {labels.dtype.name}")
        _check_classes(labels, _CLASSES, examples)
    if scores is not None:
        if scores.dtype != np.float32:
            raise invalid(f"Expected scores Tensor of DT_FLOAT. Got: {scores.dtype.name}")
        _check_classes(scores, _SCORES, examples)
    if labels is not None and scores is not None and labels.shape[1] != scores.shape[1]:
        raise invalid(
            "Tensors class and score should match in dim_size(1). "
            f"Got {labels.shape[1]} vs. {scores.shape[1]}"
        )
    return Classifications(labels, scores)


def _check_classes(array: np.ndarray, name: str, examples: int) -> None:
    if array.ndim != 2:
        raise invalid(
            "Expected Tensor shape: [batch_size num_classes] but got "
            f"{format_shape(array.shape)} for {name!r}"
        )
    if len(array) != examples:
        raise invalid(f"Expected {name} output batch size of {examples}. Got: {len(array)}")


def label_texts(labels: np.ndarray) -> list[list[str]]:
    """The labels of `Classifications` as text.

    Raises:
        InvalidArgumentError: one is not UTF-8.
    """
    try:
        return [[_text(label) for label in row] for row in labels.tolist()]
    except UnicodeDecodeError as error:
        raise invalid(f"a class label is not UTF-8: {error.object[:100]!r}") from None


def _text(label: bytes | str) -> str:
    return label.decode() if isinstance(label, bytes) else label


def regressions(outputs: Arrays, examples: int) -> np.ndarray:
    """The float32 value for each of a number of examples.

    Raises:
        InvalidArgumentError: the output is not of the type or shape it should be.
    """
    values = outputs[_OUTPUTS]
    if not (values.ndim == 1 or (values.ndim == 2 and values.shape[1] == 1)):
        raise invalid(
            "Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got "
            f"{format_shape(values.shape)}"
        )
    if len(values) != examples:
        raise invalid(
            f"Input batch size did not match output batch size: {examples} vs. {len(values)}"
        )
    if values.dtype != np.float32:
        raise invalid(f"Expected output Tensor of DT_FLOAT. Got: {values.dtype.name}")
    return values.reshape(-1)


def _describe(signature: Signature) -> str:
    inputs, outputs = (
        ", ".join(f"{name}: {info}" for name, info in sorted(infos.items()))
        for infos in (signature.inputs, signature.outputs)
    )
    return f"inputs {{{inputs}}} outputs {{{outputs}}} method_name {signature.method_name!r}"


def serialized_examples(input: Any) -> list[bytes]:
    """The serialized Examples of an `Input`, each with the context before it, if there is one."""
    if input.WhichOneof("kind") == "example_list_with_context":
        listed = input.example_list_with_context
        # Serialized messages that follow one another are one message with the fields of both.
        context = listed.context.SerializeToString()
        return [context + example.SerializeToString() for example in listed.examples]
    return [example.SerializeToString() for example in input.example_list.examples]
