"""Graphs of pipelines that real TensorFlow wrote give the elements it gave."""

import base64
import gzip
import json
from pathlib import Path

import pytest

import tidefall as tf
from tests.data.pipelines import PIPELINES
from tests.data.test_pipelines import RECORDED
from tests.data.values import summary
from tidefall.data.dataset import new_dataset
from tidefall.proto import GraphDef

HERE = Path(__file__).parent
GRAPHS = {
    name: base64.b64decode(data)
    for name, data in json.loads(
        gzip.decompress((HERE / "dataset_graphs.json.gz").read_bytes())
    ).items()
}
GENERATORS = [name for name, data in GRAPHS.items() if b"GeneratorDataset" in data]


def loaded(data):
    return tf.raw_ops.DatasetFromGraph(graph_def=tf.constant(data))


@pytest.fixture(autouse=True)
def no_global_seed():
    tf.random.set_seed(None)
    yield
    tf.random.set_seed(None)


@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in GENERATORS])
def test_elements_are_tensorflows(name):
    spec = PIPELINES[name](tf).element_spec
    assert summary(new_dataset(loaded(GRAPHS[name]), spec)) == RECORDED["pipelines"][name]


def test_python_functions_do_not_travel():
    assert GENERATORS
    dataset = new_dataset(loaded(GRAPHS["generator"]), tf.TensorSpec([], tf.int32))
    with pytest.raises(tf.errors.InvalidArgumentError, match="exists only in the process"):
        next(iter(dataset))


def test_graph_of_something_else_is_refused():
    with pytest.raises(tf.errors.DataLossError):
        loaded(b"no graph")
    with pytest.raises(tf.errors.InvalidArgumentError, match="_Retval"):
        loaded(b"")
    message = GraphDef.FromString(GRAPHS["range_stop"])
    for node in message.node:
        if node.op == "_Retval":
            node.input[0] = next(n.name for n in message.node if n.op == "Const")
    with pytest.raises(tf.errors.InvalidArgumentError, match="no dataset"):
        loaded(message.SerializeToString())
