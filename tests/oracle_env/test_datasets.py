"""Real TensorFlow runs the pipelines that Tidefall writes into graphs."""

import pytest

import tidefall as tf

pytestmark = pytest.mark.oracle

RUN = """
import sys
import tensorflow as tf

graph = tf.compat.v1.GraphDef.FromString(open(sys.argv[1], "rb").read())
function = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
(reduce,) = [op for op in function.graph.get_operations() if op.type == "ReduceDataset"]
print(function.prune([], reduce.outputs[0])().numpy().tolist())
"""


def test_pipeline_in_a_graph(tmp_path, run_oracle):
    dataset = tf.data.Dataset

    @tf.function
    def elements():
        options = tf.data.Options()
        options.threading.private_threadpool_size = 1
        numbers = dataset.range(20).shuffle(7, seed=3).filter(lambda x: x % 3 > 0).repeat(2)
        pairs = dataset.zip(numbers.skip(1), numbers.cache()).map(lambda a, b: a * b)
        nested = pairs.batch(4).flat_map(dataset.from_tensor_slices).shard(2, 1).take(9)
        result = nested.concatenate(dataset.range(3)).prefetch(1).with_options(options)
        return result.reduce(tf.zeros([0], tf.int64), lambda s, x: tf.concat([s, [x]], 0))

    path = tmp_path / "graph.pb"
    path.write_bytes(elements.get_concrete_function().graph.as_graph_def().SerializeToString())
    printed = run_oracle(RUN, str(path))
    assert printed.strip() == str(elements().numpy().tolist())
