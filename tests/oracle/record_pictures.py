"""Records what TensorFlow makes of picture files, chance and boxes.

Run with genuine TensorFlow. The files are kept in ../ops/image/pictures.json.gz, where the results
go too; those that TensorFlow writes itself are made anew.
"""

from __future__ import annotations

import base64
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO))

from tests.ops.image.calls import decodings, draws, outcome, suppressions  # noqa: E402

OUTPUT = REPO / "tests/ops/image/pictures.json.gz"
SEED = 5


def written(tf: Any) -> dict[str, bytes]:
    """Files that TensorFlow writes."""
    y, x, c = np.mgrid[0:13, 0:18, 0:4]
    wave = (127 + 60 * np.sin(x / 3 + c) + 60 * np.cos(y / (2 + c))).clip(0, 255)
    image = wave.astype(np.uint8)
    files = {
        "jpeg-tf-gray": tf.io.encode_jpeg(image[..., :1]),
        "jpeg-tf-rgb": tf.io.encode_jpeg(image[..., :3], quality=60),
        "jpeg-tf-whole-colours": tf.io.encode_jpeg(image[..., :3], chroma_downsampling=False),
        "jpeg-tf-progressive": tf.io.encode_jpeg(image[..., :3], progressive=True),
    }
    for channels in (1, 2, 3, 4):
        files[f"png-tf-{channels}"] = tf.io.encode_png(image[:7, :5, :channels])
        wide = image[:7, :5, :channels].astype(np.uint16) * 251
        files[f"png-tf-wide-{channels}"] = tf.io.encode_png(wide)
    return {name: file.numpy() for name, file in files.items()}


def main() -> None:
    import tensorflow as tf

    kept = json.loads(gzip.decompress(OUTPUT.read_bytes()))
    files = {name: base64.b64decode(text) for name, text in kept["files"].items()}
    files |= written(tf)
    results = {
        f"{name}: {what}": outcome(call)
        for name, file in files.items()
        for what, call in decodings(tf, name, file)
    }
    drawn = {}
    for what, call in draws(tf):
        tf.random.set_seed(SEED)
        drawn[what] = outcome(call)
    recorded = {
        "tensorflow": tf.__version__,
        "files": {name: base64.b64encode(file).decode() for name, file in files.items()},
        "decoded": results,
        "drawn": drawn,
        "suppressed": {what: outcome(call) for what, call in suppressions(tf)},
    }
    text = json.dumps(recorded, sort_keys=True, separators=(",", ":"))
    OUTPUT.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
