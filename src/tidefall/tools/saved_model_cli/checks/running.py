"""Loading a model, and calling its signatures with inputs made up for it."""

from __future__ import annotations

from typing import Any

import numpy as np

from tidefall.base.dtypes import as_dtype
from tidefall.base.errors import OpError
from tidefall.tools.saved_model_cli.checks.report import Report
from tidefall.tools.saved_model_cli.checks.signatures import RESERVED


def check_loading(report: Report, folder: str, meta: Any, run: bool) -> None:
    """Load a graph of a model, and run its signatures if asked to.

    Args:
        report: takes the findings.
        folder: the directory of the SavedModel.
        meta: its MetaGraphDef.
        run: whether to call every signature once.
    """
    import tidefall as tf

    report.looked_at.append("loading")
    tags = list(meta.meta_info_def.tags)
    loaded: Any = None
    with report.faults_of(f"loading with the tags {tags}", "See what else is reported here."):
        options = tf.saved_model.LoadOptions()
        options.experimental_trust_aot = False
        loaded = tf.saved_model.load(folder, tags=tags, options=options)
    if loaded is None or not run:
        return
    report.looked_at.append("running each signature")
    for key in sorted(meta.signature_def):
        if key not in RESERVED and key in loaded.signatures:
            _run(report, key, loaded.signatures[key], meta.signature_def[key])


def _run(report: Report, key: str, function: Any, definition: Any) -> None:
    import tidefall as tf

    inputs = {
        name: tf.constant(made_up(info), as_dtype(info.dtype))
        for name, info in definition.inputs.items()
    }
    shown = ", ".join(f"{name}{value.shape.as_list()}" for name, value in inputs.items())
    try:
        outputs = function(**inputs)
    except (OpError, LookupError, TypeError, ValueError) as error:
        text = error.message if isinstance(error, OpError) else str(error)
        # Texts are likely to be serialized Examples, with features that only their maker knows.
        texts = any(value.dtype == tf.string for value in inputs.values())
        (report.hint if texts else report.warning)(
            f"signature {key}",
            f"called with ones for {shown} it fails: {text}",
            "If it takes only certain values, try it with `run` and inputs of your own.",
        )
        return
    for name, value in sorted(outputs.items()):
        expected = definition.outputs[name]
        if as_dtype(expected.dtype) != value.dtype:
            report.error(
                f"signature {key}",
                f"the output {name} is {value.dtype.name}, declared as "
                f"{as_dtype(expected.dtype).name}",
                "The graph is damaged: save again.",
            )
        if value.dtype.is_floating and not np.isfinite(np.asarray(value.numpy(), float)).all():
            report.warning(
                f"signature {key}",
                f"called with ones for {shown} the output {name} has NaN or infinity",
                "Look at the weights, and at what the model divides by.",
            )


def made_up(info: Any) -> np.ndarray:
    """Ones, or empty texts, in the shape of an input; open dimensions are 1."""
    sizes = [1 if dim.size < 0 else dim.size for dim in info.tensor_shape.dim]
    dtype = as_dtype(info.dtype)
    if dtype.name == "string":
        return np.full(sizes, b"", object)
    return np.ones(sizes, dtype.as_numpy_dtype)
