"""The models that ONNX Runtime runs: those of the LiteRT round trips, and how far they are apart.

    python -m tests.export.onnx_models [MODEL ...]

exports all of them and prints how far ONNX Runtime is from the source; the tests take a sample.
"""

from __future__ import annotations

import sys

import tidefall as tf
from tests.lite.models import APPLICATIONS, MODELS, samples, stirred
from tidefall.export.agreement.comparison import difference
from tidefall.export.onnx.exporter.convert import export_source
from tidefall.export.sources import sources_of

ALL = {**MODELS, **APPLICATIONS}
LOOSE = {"mixed_precision": 5e-4}
"""Limits of models that compute in half precision; others agree within `LIMIT`."""
LIMIT = 1e-5


def session_of(model):
    """An ONNX Runtime session of a ModelProto, on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    content = model.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def apart(name, opset=21):
    """How far ONNX Runtime is from the source for a model of the list, on new data."""
    tf.keras.utils.clear_session()
    model = stirred(ALL[name]())
    source = sources_of(model)[0][0]
    session = session_of(export_source(source, opset))
    inputs = samples(model, batch=1 if name == "detector" else 3)
    got = session.run(None, dict(zip(source.inputs, inputs, strict=True)))
    wanted = source.call(inputs)
    assert [(g.shape, g.dtype) for g in got] == [(w.shape, w.dtype) for w in wanted]
    return difference(got, wanted)


def main(names):
    wrong = 0
    for name in names or ALL:
        found = apart(name)
        bad = not found <= LOOSE.get(name, LIMIT)
        wrong += bad
        print(f"{name:<24} {found:.1e}{'  differs' if bad else ''}")
    print(f"{len(names or ALL) - wrong} of {len(names or ALL)} models agree")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
