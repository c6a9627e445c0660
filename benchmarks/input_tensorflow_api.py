"""Input pipelines in TensorFlow's API. The same lines run on real TensorFlow and on Tidefall.

Each case is an epoch, from the first element asked for to the last. One process runs one case, so
that its peak memory can be told.
"""

import importlib
import os
import statistics
import time

import numpy as np

from benchmarks import timing
from benchmarks.input_files import folder

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


def digits():
    """60,000 pictures of 28x28 in one array, and their labels."""
    generator = np.random.default_rng(0)
    pictures = generator.standard_normal((60_000, 784), dtype="float32")
    return pictures, generator.integers(0, 10, 60_000)


def input_slices(tf):
    return tf.data.Dataset.from_tensor_slices(digits()).shuffle(60_000).batch(128)


def input_map(tf):
    def prepare(picture, label):
        return picture / 255.0 - 0.5, tf.one_hot(label, 10)

    return tf.data.Dataset.from_tensor_slices(digits()).map(prepare).batch(128)


def input_filter(tf):
    numbers = tf.data.Dataset.range(60_000)
    return numbers.filter(lambda n: n % 3 > 0).map(lambda n: n * n + 1).batch(128)


def input_records(tf):
    features = {
        "values": tf.io.FixedLenFeature([32], tf.float32),
        "label": tf.io.FixedLenFeature([], tf.int64),
        "name": tf.io.FixedLenFeature([], tf.string),
    }
    records = tf.data.TFRecordDataset(str(folder("records") / "examples.tfrecord"))
    parsed = records.map(
        lambda record: tf.io.parse_single_example(record, features), tf.data.AUTOTUNE
    )
    return parsed.batch(128).prefetch(tf.data.AUTOTUNE)


def input_pictures(tf):
    def load(path):
        picture = tf.io.decode_jpeg(tf.io.read_file(path), channels=3)
        picture = tf.image.resize(picture, [128, 128])
        picture = tf.image.random_flip_left_right(picture)
        picture = tf.image.random_brightness(picture, 0.2)
        return picture / 255.0

    files = tf.data.Dataset.list_files(str(folder("pictures") / "*" / "*.jpg"))
    return files.map(load, tf.data.AUTOTUNE).batch(32).prefetch(tf.data.AUTOTUNE)


def input_text(tf):
    lines = tf.data.TextLineDataset(str(folder("text") / "lines.txt"))
    layer = tf.keras.layers.TextVectorization(max_tokens=1000, output_sequence_length=20)
    layer.adapt(lines.take(5000).batch(256))
    return lines.batch(128).map(layer, tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def input_interleave(tf):
    numbers = tf.data.Dataset.range(1000)
    return numbers.interleave(
        lambda n: tf.data.Dataset.range(n, n + 60), cycle_length=1000, block_length=1
    ).batch(128)


CASES = {
    case.__name__: case
    for case in (
        input_slices,
        input_map,
        input_filter,
        input_records,
        input_pictures,
        input_text,
        input_interleave,
    )
}


def seconds(dataset, clock):
    """Median seconds of an epoch; the first one is not timed."""
    times = []
    for _ in range(2 if clock.quick else 6):
        start = time.perf_counter()
        for _ in dataset:
            pass
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def epochs_memory(tf, clock):
    """Bytes that the last 5 of 40 epochs of a pipeline with threads take more than the first 5.

    Medians, since what threads have in the making at the end of an epoch comes and goes.
    """
    dataset = input_slices(tf).map(lambda x, y: (x + 1.0, y), tf.data.AUTOTUNE).prefetch(4)
    resident = []
    for _ in range(3 if clock.quick else 40):
        for _ in dataset:
            pass
        resident.append(timing.resident_bytes())
    return {"eager": max(0, statistics.median(resident[-5:]) - statistics.median(resident[:5]))}


def main():
    parser = timing.parser()
    parser.add_argument("--module", default="tidefall", choices=["tidefall", "tensorflow"])
    arguments = parser.parse_args()
    tf = importlib.import_module(arguments.module)
    timing.main(
        {arguments.module: tf.__version__},
        {
            **{
                name: lambda clock, case=case: {"eager": seconds(case(tf), clock)}
                for name, case in CASES.items()
            },
            "input_epochs_memory": lambda clock: epochs_memory(tf, clock),
        },
        arguments,
    )


if __name__ == "__main__":
    main()
