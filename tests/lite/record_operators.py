"""Record the operators that TensorFlow's converter makes of standard models.

Run in the environment of real TensorFlow: `python tests/lite/record_operators.py`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.lite.python import schema_py_generated as schema

sys.path.insert(0, str(Path(__file__).parent))
from models import APPLICATIONS, MODELS

STANDARD = (
    "dense_relu", "conv2d_bn", "conv1d", "depthwise", "separable", "transposed", "layer_norm",
    "dense_gelu", "attention", "text_classifier", "resnet", "unet", "mobilenet_v2",
)  # fmt: skip


def operators(content: bytes) -> dict[str, int]:
    codes = {v: k for k, v in vars(schema.BuiltinOperator).items() if not k.startswith("_")}
    model = schema.ModelT.InitFromPackedBuf(content, 0)
    found: Counter[str] = Counter()
    for subgraph in model.subgraphs:
        for operator in subgraph.operators:
            found[codes[model.operatorCodes[operator.opcodeIndex].builtinCode]] += 1
    return dict(sorted(found.items()))


def main() -> None:
    recorded = {}
    for name in STANDARD:
        keras.utils.clear_session()
        converter = tf.lite.TFLiteConverter.from_keras_model({**MODELS, **APPLICATIONS}[name]())
        recorded[name] = operators(converter.convert())
    target = Path(__file__).parent / "recorded" / "operators.json"
    target.write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
