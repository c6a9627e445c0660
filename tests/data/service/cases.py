"""Pipelines whose elements a service gives, the same as TensorFlow's for every processing mode.

`python -m tests.data.service.cases` with real TensorFlow writes `elements.json`.
"""

import json
from pathlib import Path

FILE = Path(__file__).with_name("elements.json")
MODES = ("parallel_epochs", "distributed_epoch")


def pipelines(tf):
    data = tf.data.Dataset
    six = data.range(6)
    return {
        "range": six,
        "slices": data.from_tensor_slices({"a": ["x", "y", "z"], "b": [1.0, 2.0, 3.0]}),
        "tensors": data.from_tensors([3, 4]),
        "map": six.map(lambda x: x * x),
        "filter": six.filter(lambda x: x % 2 == 0),
        "shuffle": six.shuffle(3),
        "repeat": six.repeat(2),
        "concatenate": six.concatenate(data.range(10, 13)),
        "flat_map": six.flat_map(lambda x: data.range(x)),
        "interleave": six.interleave(lambda x: data.from_tensors(x).repeat(2), cycle_length=2),
        "sample": data.sample_from_datasets([six, six]),
        "random": data.random(seed=3).take(3),
        "cache": six.cache(),
        "prefetch": six.prefetch(2),
        "unbatch": data.from_tensor_slices([[1, 2], [3, 4], [5, 6]]).unbatch(),
        "ragged": six.map(lambda x: tf.RaggedTensor.from_row_lengths(tf.range(x), [x])),
        "strings": six.map(lambda x: (x, tf.strings.as_string(x))),
        "scan_one": data.range(1).repeat(3),
    }


def plain(tf, value):
    """An element as JSON has it."""
    if isinstance(value, dict):
        return {key: plain(tf, item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [plain(tf, item) for item in value]
    if isinstance(value, tf.RaggedTensor):
        return value.to_list()
    return value.numpy().decode() if value.dtype == tf.string else value.numpy().tolist()


def elements(tf, dataset, mode, target):
    """What the service gives, in an order of its own."""
    read = dataset.apply(tf.data.experimental.service.distribute(mode, target))
    return sorted((plain(tf, element) for element in read), key=json.dumps)


def record():
    import tensorflow as tf

    service = tf.data.experimental.service
    dispatcher = service.DispatchServer()
    config = service.WorkerConfig(dispatcher_address=dispatcher.target.split("://")[1])
    workers = [service.WorkerServer(config) for _ in range(2)]
    found = {
        name: {mode: elements(tf, dataset, mode, dispatcher.target) for mode in MODES}
        for name, dataset in pipelines(tf).items()
    }
    FILE.write_text(json.dumps(found, indent=None, separators=(",", ":")) + "\n")
    for worker in workers:
        worker.stop()


if __name__ == "__main__":
    record()
