"""The files that input pipelines are measured on, made once per machine from fixed seeds."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

EXAMPLES = 50_000
PICTURES = 400
LINES = 50_000
WORDS = 2_000


def folder(kind: str) -> Path:
    """The folder with files of a kind ("records", "pictures" or "text"); made if it is missing."""
    path = Path(tempfile.gettempdir()) / f"tidefall-bench-{os.getuid()}" / kind
    if not path.exists():
        part = path.with_name(f".{kind}.{os.getpid()}")
        part.mkdir(parents=True)
        _MAKERS[kind](part)
        part.rename(path)
    return path


def _records(path: Path) -> None:
    """One TFRecord file of examples: 32 floats, a label and a name."""
    import tidefall as tf

    generator = np.random.default_rng(0)
    feature, train = tf.train.Feature, tf.train
    with tf.io.TFRecordWriter(str(path / "examples.tfrecord")) as writer:
        for i in range(EXAMPLES):
            values = generator.standard_normal(32, dtype="float32")
            features = {
                "values": feature(float_list=train.FloatList(value=values)),
                "label": feature(int64_list=train.Int64List(value=[i % 10])),
                "name": feature(bytes_list=train.BytesList(value=[b"example %d" % i])),
            }
            example = train.Example(features=train.Features(feature=features))
            writer.write(example.SerializeToString())


def _pictures(path: Path) -> None:
    """JPEG files of 320x240, in folders of ten classes."""
    import tidefall as tf

    generator = np.random.default_rng(0)
    down, across = np.mgrid[0:240, 0:320]
    for i in range(PICTURES):
        waves = generator.uniform(0.005, 0.08, (3, 2))
        channels = [np.sin(a * down + b * across + i) for a, b in waves]
        noise = generator.normal(0, 8, (240, 320, 3))
        picture = np.clip(np.stack(channels, -1) * 110 + 128 + noise, 0, 255).astype(np.uint8)
        target = path / f"class_{i % 10}"
        target.mkdir(exist_ok=True)
        (target / f"{i:05}.jpg").write_bytes(tf.io.encode_jpeg(picture, quality=90).numpy())


def _text(path: Path) -> None:
    """Lines of about ten words, the common ones first."""
    generator = np.random.default_rng(0)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(generator.choice(list(letters), n)) for n in generator.integers(2, 10, WORDS)]
    with open(path / "lines.txt", "w") as file:
        for count in generator.integers(4, 16, LINES):
            chosen = np.minimum(generator.zipf(1.3, count), WORDS) - 1
            text = " ".join(words[i] for i in chosen)
            file.write(f"{text.capitalize()}, {text[:9]}!\n")


_MAKERS: dict[str, Callable[[Path], None]] = {
    "records": _records,
    "pictures": _pictures,
    "text": _text,
}


if __name__ == "__main__":
    for name in _MAKERS:
        print(folder(name))
