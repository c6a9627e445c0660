"""Real TensorFlow reads the files that Tidefall writes."""

import json

import ml_dtypes
import numpy as np
import pytest

from tidefall.io.records import tfrecord
from tidefall.proto import GraphDef
from tidefall.saving.checkpoint.bundle import BundleWriter, merge_bundles
from tidefall.summary.events import event_file, values

pytestmark = pytest.mark.oracle


def test_records(tmp_path, run_oracle):
    records = [b"hello", b"", bytes(range(256)) * 300]
    for compression in ("", "GZIP", "ZLIB"):
        with tfrecord.RecordWriter(tmp_path / f"file{compression}", compression) as writer:
            for record in records:
                writer.write(record)
    printed = run_oracle(
        "import sys, json, tensorflow as tf\n"
        "print(json.dumps([[r.numpy().hex() for r in\n"
        "    tf.data.TFRecordDataset(f'{sys.argv[1]}/file{c}', compression_type=c)]\n"
        "    for c in ('', 'GZIP', 'ZLIB')]))\n",
        str(tmp_path),
    )
    assert json.loads(printed) == [[record.hex() for record in records]] * 3


def test_checkpoints(tmp_path, run_oracle):
    with BundleWriter(tmp_path / "ckpt") as writer:
        writer.add("kernel", np.float32([[1, 2], [3, 4]]))
        writer.add("half", np.array([1.5], ml_dtypes.bfloat16))
        writer.add("names", ["a", "é"])
        writer.add("empty", np.zeros([0, 3], np.int64))
        writer.add("int4", np.array([-8, 7], ml_dtypes.int4))
        writer.add("codes", np.int8([-1, 2]), dtype_enum=11)
    for shard in range(3):
        with BundleWriter(tmp_path / f"shard{shard}") as writer:
            writer.add_slice("w", [6, 2], [(2 * shard, 2), (0, -1)], np.full([2, 2], shard, "f4"))
    merge_bundles([tmp_path / f"shard{shard}" for shard in range(3)], tmp_path / "merged")
    printed = run_oracle(
        "import sys, json, tensorflow as tf\n"
        "found = {}\n"
        "for prefix in ('ckpt', 'merged'):\n"
        "    reader = tf.train.load_checkpoint(f'{sys.argv[1]}/{prefix}')\n"
        "    for name, shape in reader.get_variable_to_shape_map().items():\n"
        "        dtype = reader.get_variable_to_dtype_map()[name]\n"
        "        value = tf.raw_ops.RestoreV2(prefix=f'{sys.argv[1]}/{prefix}',\n"
        "            tensor_names=[name], shape_and_slices=[''], dtypes=[dtype])[0]\n"
        "        if dtype.is_quantized: value = tf.bitcast(value, tf.int8)\n"
        "        if dtype == tf.string: value = [v.decode() for v in value.numpy()]\n"
        "        else: value = value.numpy().astype(float).tolist()\n"
        "        found[name] = [dtype.name, shape, value]\n"
        "print(json.dumps(found))\n",
        str(tmp_path),
    )
    assert json.loads(printed) == {
        "kernel": ["float32", [2, 2], [[1, 2], [3, 4]]],
        "half": ["bfloat16", [1], [1.5]],
        "names": ["string", [2], ["a", "é"]],
        "empty": ["int64", [0, 3], []],
        "int4": ["int4", [2], [-8, 7]],
        "codes": ["qint8", [2], [-1, 2]],
        "w": ["float32", [6, 2], [[0, 0]] * 2 + [[1, 1]] * 2 + [[2, 2]] * 2],
    }


def test_event_files(tmp_path, run_oracle):
    graph = GraphDef()
    graph.node.add(name="x", op="NoOp")
    found = [
        values.scalar_value("loss", 0.5),
        values.histogram_value("h", [1.0, 2.0, 4.0], 2),
        values.text_value("t", "héllo"),
        values.image_value("i", np.full([1, 2, 3, 3], 7, np.uint8)),
    ]
    with event_file.EventFileWriter(tmp_path) as writer:
        writer.write(event_file.summary_event(found, step=3))
        writer.write(event_file.graph_event(graph.SerializeToString()))
    printed = run_oracle(
        "import sys, json, tensorflow as tf\n"
        "first, second, third = tf.compat.v1.train.summary_iterator(sys.argv[1])\n"
        "arrays = [tf.make_ndarray(v.tensor) for v in second.summary.value]\n"
        "print(json.dumps([first.file_version, second.step,\n"
        "    [v.tag for v in second.summary.value], arrays[0].item(), arrays[1].tolist(),\n"
        "    arrays[2].item().decode(), tf.io.decode_png(arrays[3][2]).numpy().tolist(),\n"
        "    tf.compat.v1.GraphDef.FromString(third.graph_def).node[0].name]))\n",
        writer.path,
    )
    assert json.loads(printed) == [
        "brain.Event:2",
        3,
        ["loss", "h", "t", "i"],
        0.5,
        [[1.0, 2.5, 2.0], [2.5, 4.0, 1.0]],
        "héllo",
        [[[7] * 3] * 3] * 2,
        "x",
    ]
