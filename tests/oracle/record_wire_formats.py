"""Records what TensorFlow writes: tensors as messages, checkpoints, summaries.

Run with genuine TensorFlow; writes wire_formats.json beside this file.
"""

from __future__ import annotations

import base64
import glob
import hashlib
import json
import os
import tempfile
from pathlib import Path

OUTPUT = Path(__file__).with_name("wire_formats.json")
MANY_KEYS = 12000  # enough for an index of more than one block

NAN, INF = float("nan"), float("inf")
HISTOGRAMS = [
    ([1.0, 2.0, 3.0], 3),
    ([5.0], None),
    ([5.0, 5.0, 5.0], 4),
    ([], None),
    ([], 3),
    ([1.0, 2.0], 0),
    ([1.0, 2.0], -1),
    ([1.0, 2.0, 2.0], 1),
    ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5),
    ([True, False], 2),
    ([1.0, NAN, 2.0], 3),
    ([1.0, INF, 2.0], 3),
    ([1.0, -INF], 2),
    ([INF, INF], 2),
    ([NAN, NAN], 2),
    ([[0.0, 0.25], [0.5, 1.0]], 4),
    ([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], 10),
    ([-1.5, 0.0, 2.25, 1e-3, -7.0, 3.5, 3.5], None),
]

IMAGES = [
    ("float32", [0, 0.1, 0.5, 0.999, 1, 1.5, -1, NAN, INF, 1 / 255, 2 / 255]),
    ("float64", [0, 0.1, 0.5, 0.999, 1, 1.5, -1, 1 / 255, 2 / 255]),
    ("float16", [0, 0.1, 0.5, 0.999, 1, 1.5, -1, 1 / 255, 2 / 255]),
    ("uint8", [0, 1, 255]),
    ("uint16", [0, 255, 256, 65535, 300]),
    ("int16", [0, 255, 256, 32767, 300, -5, -32768]),
    ("int8", [0, 127, 1, -1, -128]),
    ("int32", [0, 2**31 - 1, 2**23, 2**24, -5]),
    ("int64", [0, 2**63 - 1, 2**55, 2**57, -5]),
]

AUDIO = [
    0,
    1,
    -1,
    2,
    -2,
    0.5,
    -0.5,
    0.1,
    0.2,
    0.3,
    -0.1,
    1.5 / 32768,
    2.5 / 32768,
    -0.5 / 32768,
    NAN,
]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        recorded = {
            "tensor_protos": tensor_protos(),
            "bundles": bundles(folder),
            "many_keys_sha256": many_keys(folder),
            "v1_checkpoints": v1_checkpoints(folder),
            "histograms": [[v, n, histogram(folder, v, n)] for v, n in HISTOGRAMS],
            "summaries": summaries(folder),
            "images": [[dtype, pixels, image(folder, dtype, pixels)] for dtype, pixels in IMAGES],
            "audio": [AUDIO, audio()],
        }
    OUTPUT.write_text(json.dumps(recorded, indent=0) + "\n")


def tensor_protos() -> list[dict]:
    import numpy as np
    import tensorflow as tf

    records = []
    for enum in [*range(1, 20), *range(22, 34)]:
        dtype = tf.as_dtype(enum)
        for shape in ([], [3], [2, 2], [0]):
            values, raw = sample(dtype, int(np.prod(shape)))
            array = values.reshape(shape)
            try:
                proto = tf.make_tensor_proto(array, dtype=dtype)
            except TypeError:  # some float8 types have no scalars
                continue
            records.append(
                {
                    "dtype": enum,
                    "shape": shape,
                    "data": raw,
                    "proto": proto.SerializeToString().hex(),
                }
            )
    return records


def sample(dtype, count: int):
    """`count` elements, and what they are: strings as hex, others as one hex string."""
    import numpy as np
    import tensorflow as tf

    if dtype == tf.string:
        strings = [b"a\0", b"", b"\xffz", b"q" * 130][:count]
        return np.array(strings, dtype=object), [s.hex() for s in strings]
    numbers = [1, 0, 1, 1] if dtype.is_bool or "uint" in dtype.name else [1, -2, 0, 1]
    numpy_dtype = np.dtype(dtype.as_numpy_dtype)
    if numpy_dtype.names:
        base = np.array(numbers[:count], dtype=numpy_dtype[0])
        return base.view(numpy_dtype), base.tobytes().hex()
    base = np.array(numbers[:count]).astype(numpy_dtype)
    return base, base.tobytes().hex()


def save(prefix: str, tensors: dict, slices: dict | None = None) -> None:
    import tensorflow as tf

    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(tensors),
        shape_and_slices=[(slices or {}).get(name, "") for name in tensors],
        tensors=list(tensors.values()),
    )


def files(prefix: str) -> dict[str, str]:
    return {
        os.path.basename(path): base64.b64encode(Path(path).read_bytes()).decode()
        for path in sorted(glob.glob(prefix + ".*"))
    }


def bundles(folder: str) -> dict[str, str]:
    """Bundles of a few tensors; tests write the same ones."""
    import numpy as np
    import tensorflow as tf

    plain = {
        "zz": np.float32([1, 2]),
        "a": np.array([b"hi", b"", b"x" * 130], dtype=object),
        "b": np.int64(5),
        "empty": np.zeros([0, 3], np.float32),
        "bf": tf.constant([1.0, 2.0], tf.bfloat16),
        "h": np.bool_([1, 0]),
        "s": np.array(b"scalar", dtype=object),
        "no_strings": np.zeros([0], dtype=object),
        "c": np.complex64([[1 + 2j], [3 - 4j]]),
    }
    save(f"{folder}/plain", {k: tf.constant(v) for k, v in plain.items()})
    every = {
        tf.as_dtype(enum).name: sample(tf.as_dtype(enum), 4)[0]
        for enum in [*range(1, 11), 14, *range(17, 20), *range(22, 26), *range(29, 31)]
    }
    save(f"{folder}/every", {k: tf.constant(v) for k, v in every.items()})
    quantized = {
        name: tf.bitcast(tf.constant([1, 2, 3], base), name)
        for name, base in [("qint8", "int8"), ("quint8", "uint8"), ("qint32", "int32")]
    }
    save(f"{folder}/quantized", quantized)
    save(f"{folder}/upper", {"w": tf.constant([[1.0, 2], [3, 4]])}, {"w": "4 2 0,2:-"})
    save(f"{folder}/lower", {"w": tf.constant([[5.0, 6], [7, 8]])}, {"w": "4 2 2,2:0,2"})
    merge = {"checkpoint_prefixes": [f"{folder}/upper", f"{folder}/lower"]}
    found = {}
    for name in ("plain", "every", "quantized", "upper", "lower"):
        found |= files(f"{folder}/{name}")
    tf.raw_ops.MergeV2Checkpoints(
        destination_prefix=f"{folder}/merged", delete_old_dirs=False, **merge
    )
    return found | files(f"{folder}/merged")


def many_keys(folder: str) -> str:
    import tensorflow as tf

    names = [f"layer_{i // 100}/kernel_{i % 100}" for i in range(MANY_KEYS)]
    save(f"{folder}/many", {name: tf.constant([float(i)]) for i, name in enumerate(names)})
    return hashlib.sha256(Path(f"{folder}/many.index").read_bytes()).hexdigest()


def v1_checkpoints(folder: str) -> dict[str, str]:
    """Checkpoints in the format before bundles, with the tensors that a test lists again."""
    import numpy as np
    import tensorflow as tf

    save = tf.compat.v1.raw_ops.SaveSlices
    tensors = {
        "f": np.float32([[1, 2], [3, 4]]),
        "i": np.int64([-1, 5]),
        "s": np.array([b"a", b"bc"], dtype=object),
        "b": np.array([True, False]),
        "h": np.float16([1, 2]),
        "c": np.complex64([1 + 2j]),
        "u8": np.uint8([1, 255]),
        "e": np.zeros([0, 2], np.float32),
        "same": np.float32([3, 3, 3]),
        "sc": np.array(b"one", dtype=object),
    }
    parts = {"w": ("4 2 0,2:-", [[1.0, 2], [3, 4]])}, {"w": ("4 2 2,2:0,2", [[5.0, 6], [7, 8]])}
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        whole = [tf.constant(value) for value in tensors.values()]
        names, none = list(tensors), [""] * len(tensors)
        session.run(
            save(filename=f"{folder}/v1", tensor_names=names, shapes_and_slices=none, data=whole)
        )
        for shard, part in enumerate(parts):
            session.run(
                save(
                    filename=f"{folder}/v1-0000{shard}-of-00002",
                    tensor_names=list(part),
                    shapes_and_slices=[where for where, _ in part.values()],
                    data=[tf.constant(value) for _, value in part.values()],
                )
            )
    return {
        os.path.basename(path): base64.b64encode(Path(path).read_bytes()).decode()
        for path in sorted(glob.glob(f"{folder}/v1*"))
    }


def written_value(folder: str, write) -> str:
    """The `Summary.Value` that a `tf.summary` call writes."""
    import tensorflow as tf

    logs = tempfile.mkdtemp(dir=folder)
    writer = tf.summary.create_file_writer(logs)
    with writer.as_default(step=1):
        write()
    writer.close()
    (path,) = glob.glob(f"{logs}/*")
    events = list(tf.compat.v1.train.summary_iterator(path))
    return events[1].summary.value[0].SerializeToString(deterministic=True).hex()


def histogram(folder: str, values, buckets) -> list:
    import tensorflow as tf
    from tensorflow.core.framework.summary_pb2 import Summary

    text = written_value(folder, lambda: tf.summary.histogram("h", values, buckets=buckets))
    return tf.make_ndarray(Summary.Value.FromString(bytes.fromhex(text)).tensor).tolist()


def summaries(folder: str) -> dict[str, str]:
    import numpy as np
    import tensorflow as tf

    calls = {
        "scalar": lambda: tf.summary.scalar("loss", 0.5),
        "described": lambda: tf.summary.scalar("acc", 1.5, description="**hi**"),
        "histogram": lambda: tf.summary.histogram("h", [1.0, 2.0, 3.0], buckets=3),
        "text": lambda: tf.summary.text("t", "héllo"),
        "table": lambda: tf.summary.text("t2", [["a", "b"]]),
        "audio": lambda: tf.summary.audio("a", np.zeros([5, 3, 2], np.float32), 44100),
        "raw": lambda: tf.summary.write("raw", np.float32([1, 2])),
    }
    return {name: written_value(folder, call) for name, call in calls.items()}


def image(folder: str, dtype: str, pixels: list) -> list[int]:
    import numpy as np
    import tensorflow as tf
    from tensorflow.core.framework.summary_pb2 import Summary

    row = np.array(pixels).astype(dtype).reshape(1, 1, -1, 1)
    text = written_value(folder, lambda: tf.summary.image("i", row))
    strings = Summary.Value.FromString(bytes.fromhex(text)).tensor.string_val
    return tf.io.decode_png(strings[2]).numpy().reshape(-1).tolist()


def audio() -> str:
    import numpy as np
    import tensorflow as tf

    return tf.audio.encode_wav(np.float32(AUDIO).reshape(-1, 1), 8000).numpy().hex()


if __name__ == "__main__":
    main()
