"""`tf.lite.experimental.Analyzer`: says what is in a model."""

from __future__ import annotations

import os
import sys
from typing import Any

from tidefall.base.exports import export
from tidefall.lite.interpreter.files import read_content
from tidefall.lite.interpreter.summary import summarize, text
from tidefall.lite.schema import read_model


@export("lite.experimental.Analyzer")
class Analyzer:
    """Says what is in a model.

    >>> from tidefall.lite.schema import Model, SubGraph, write_model
    >>> Analyzer.analyze(model_content=write_model(Model(version=3, subgraphs=[SubGraph()])))
    ... # doctest: +ELLIPSIS
    size            ... B
    ...
    subgraph 0 () ->   activations 0 B
    """

    @staticmethod
    def analyze(
        model_path: str | os.PathLike[str] | None = None,
        model_content: bytes | None = None,
        gpu_compatibility: bool = False,
        **kwargs: Any,
    ) -> None:
        """Print the signatures, operators and tensors of a model.

        The text is Tidefall's own; `tidefall lite show MODEL --json` gives the same as data.

        Args:
            model_path: path of a `.tflite` file.
            model_content: the content of one.
            gpu_compatibility: whether to say which operators a GPU delegate would not take. Not
                possible here: there is no delegate.
            kwargs: none are known.

        Raises:
            ValueError: if neither or both of path and content are given, or the file is not valid.
            NotImplementedError: if `gpu_compatibility` is asked for.
        """
        if kwargs:
            raise TypeError(f"analyze got unknown arguments: {', '.join(kwargs)}.")
        if gpu_compatibility:
            raise NotImplementedError(
                "gpu_compatibility=True asks what TensorFlow Lite's GPU delegate would take, and "
                "there is none here."
            )
        name, content = read_content(model_path, model_content)
        sys.stdout.write(text(summarize(read_model(content, name), len(content))) + "\n")
