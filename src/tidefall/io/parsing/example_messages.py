"""The messages of training examples and of graphs under their public names."""

from __future__ import annotations

import tidefall.proto
from tidefall.base.exports import export_value

# Classes made from descriptors have no docstrings of their own; these are given to them.
_DOCS = {
    "BytesList": """
A list of byte strings; one of the three kinds of values that a `tf.train.Feature` may have.

>>> import tidefall as tf
>>> names = tf.train.BytesList(value=[b"ada", b"bob"])
>>> tf.train.Feature(bytes_list=names).bytes_list.value[1]
b'bob'
""",
    "FloatList": """
A list of float32 values; one of the three kinds of values that a `tf.train.Feature` may have.

>>> import tidefall as tf
>>> feature = tf.train.Feature(float_list=tf.train.FloatList(value=[0.5, 1.5]))
>>> list(feature.float_list.value)
[0.5, 1.5]
""",
    "Int64List": """
A list of int64 values; one of the three kinds of values that a `tf.train.Feature` may have.

>>> import tidefall as tf
>>> feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[3, 4]))
>>> sum(feature.int64_list.value)
7
""",
    "Feature": """
The values of one feature of an example: byte strings, floats or integers.

>>> import tidefall as tf
>>> feature = tf.train.Feature(int64_list=tf.train.Int64List(value=[3]))
>>> feature.WhichOneof("kind")
'int64_list'
""",
    "Features": """
The features of a `tf.train.Example` by name.

>>> import tidefall as tf
>>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[41]))
>>> features = tf.train.Features(feature={"age": age})
>>> features.feature["age"].int64_list.value[0]
41
""",
    "Example": """
One training example: features by name. It is what records of TFRecord files hold as a rule.

>>> import tidefall as tf
>>> age = tf.train.Feature(int64_list=tf.train.Int64List(value=[41]))
>>> example = tf.train.Example(features=tf.train.Features(feature={"age": age}))
>>> data = example.SerializeToString()
>>> parsed = tf.io.parse_single_example(data, {"age": tf.io.FixedLenFeature([], tf.int64)})
>>> int(parsed["age"])
41
""",
    "FeatureList": """
One feature of a `tf.train.SequenceExample` for each of its steps.

>>> import tidefall as tf
>>> steps = [tf.train.Feature(int64_list=tf.train.Int64List(value=[n])) for n in (5, 6)]
>>> [step.int64_list.value[0] for step in tf.train.FeatureList(feature=steps).feature]
[5, 6]
""",
    "FeatureLists": """
The features of a `tf.train.SequenceExample` that have a value for each step, by name.

>>> import tidefall as tf
>>> lists = tf.train.FeatureLists()
>>> for n in (5, 6):
...     lists.feature_list["words"].feature.add().int64_list.value.append(n)
>>> len(lists.feature_list["words"].feature)
2
""",
    "SequenceExample": """
An example with features of the whole (`context`) and features of each step (`feature_lists`).

>>> import tidefall as tf
>>> example = tf.train.SequenceExample()
>>> for n in (5, 6):
...     step = example.feature_lists.feature_list["words"].feature.add()
...     step.int64_list.value.append(n)
>>> words = {"words": tf.io.FixedLenSequenceFeature([], tf.int64)}
>>> data = example.SerializeToString()
>>> _, steps = tf.io.parse_single_sequence_example(data, sequence_features=words)
>>> steps["words"].numpy().tolist()
[5, 6]
""",
    "JobDef": """
One job of a cluster: its name, and the address of each of its tasks by number.

>>> import tidefall as tf
>>> job = tf.train.JobDef(name="worker", tasks={0: "a:2222", 1: "b:2222"})
>>> job.tasks[1]
'b:2222'
""",
    "ClusterDef": """
The jobs of a cluster; `tf.train.ClusterSpec` is made from it, and makes it.

>>> import tidefall as tf
>>> cluster = tf.train.ClusterSpec({"worker": ["a:2222", "b:2222"]}).as_cluster_def()
>>> isinstance(cluster, tf.train.ClusterDef), cluster.job[0].name
(True, 'worker')
""",
    "ServerDef": """
One task of a cluster, and the protocol it speaks.

>>> import tidefall as tf
>>> cluster = tf.train.ClusterSpec({"worker": ["a:2222", "b:2222"]}).as_cluster_def()
>>> server = tf.train.ServerDef(cluster=cluster, job_name="worker", task_index=1, protocol="grpc")
>>> server.cluster.job[0].tasks[server.task_index]
'b:2222'
""",
}
__test__ = _DOCS  # doctest looks here; the classes are not found in this module

_TRAIN = (
    "BytesList", "ClusterDef", "Example", "Feature", "FeatureList", "FeatureLists", "Features",
    "FloatList", "Int64List", "JobDef", "SequenceExample", "ServerDef",
)  # fmt: skip
_V1 = (
    "AttrValue", "ConfigProto", "Event", "GPUOptions", "GraphDef", "GraphOptions", "HistogramProto",
    "LogMessage", "MetaGraphDef", "NameAttrList", "NodeDef", "OptimizerOptions", "RunMetadata",
    "RunOptions", "SessionLog", "Summary", "SummaryMetadata", "TensorInfo",
)  # fmt: skip
_V1_TRAIN = (*_TRAIN, "SaverDef")

for _name, _text in _DOCS.items():
    getattr(tidefall.proto, _name).__doc__ = _text.strip()
for _name in _TRAIN:
    export_value(getattr(tidefall.proto, _name), f"train.{_name}")
for _name in _V1:
    export_value(getattr(tidefall.proto, _name), f"compat.v1.{_name}")
for _name in _V1_TRAIN:
    export_value(getattr(tidefall.proto, _name), f"compat.v1.train.{_name}")
for _name in ("Event", "Summary", "SummaryDescription", "TaggedRunMetadata"):
    export_value(getattr(tidefall.proto, _name), f"compat.v1.summary.{_name}")
