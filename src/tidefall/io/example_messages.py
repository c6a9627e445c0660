"""The messages of training examples and of graphs under their public names."""

from __future__ import annotations

import tidefall.proto
from tidefall.core.exports import export_value

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

for _name in _TRAIN:
    export_value(getattr(tidefall.proto, _name), f"train.{_name}")
for _name in _V1:
    export_value(getattr(tidefall.proto, _name), f"compat.v1.{_name}")
for _name in _V1_TRAIN:
    export_value(getattr(tidefall.proto, _name), f"compat.v1.train.{_name}")
for _name in ("Event", "Summary", "SummaryDescription", "TaggedRunMetadata"):
    export_value(getattr(tidefall.proto, _name), f"compat.v1.summary.{_name}")
