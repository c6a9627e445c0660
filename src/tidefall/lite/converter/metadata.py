"""The metadata `CONVERSION_METADATA`: what a file was made of and how it was optimized.

A small flatbuffer of its own, described in TensorFlow's `conversion_metadata.fbs`.
"""

from __future__ import annotations

from typing import Any

from tidefall.base.versions import VERSION

SAVED_MODEL, KERAS_MODEL, CONCRETE_FUNCTIONS = 1, 2, 3
"""What it was made of."""
FLOAT16, DYNAMIC_RANGE, FULL_INTEGER, INT16 = 1001, 1002, 1003, 1004
QUANTIZATION_AWARE_TRAINING, RANDOM_SPARSITY = 2000, 3001
"""How it was optimized."""
_API_VERSION = 2


def conversion_metadata(modes: list[int], source: int) -> bytes:
    """The bytes of the metadata.

    Args:
        modes: how the model was optimized, as numbers above.
        source: what it was made of, likewise.
    """
    import flatbuffers

    builder: Any = flatbuffers.Builder(128)
    version = builder.CreateString(VERSION)
    builder.StartObject(4)
    builder.PrependUOffsetTRelativeSlot(0, version, 0)
    builder.PrependUint32Slot(1, _API_VERSION, 0)
    builder.PrependInt32Slot(2, source, 0)
    environment = builder.EndObject()
    builder.StartVector(4, len(modes), 4)
    for mode in reversed(modes):
        builder.PrependInt32(mode)
    listed = builder.EndVector()
    builder.StartObject(5)
    builder.PrependUOffsetTRelativeSlot(0, listed, 0)
    options = builder.EndObject()
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, environment, 0)
    builder.PrependUOffsetTRelativeSlot(1, options, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())
