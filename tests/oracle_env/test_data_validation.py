"""TensorFlow Metadata's own messages read ours, and ours read theirs."""

import base64
import json

import pytest
from google.protobuf import text_format

from tests.lifecycle.data_validation.rule_cases import CASES, dataset_text
from tests.lifecycle.data_validation.statistics_cases import TABLES, arrow_batch
from tidefall import data_validation as tfdv
from tidefall.proto import metadata
from tidefall.proto.registry import pool

pytestmark = pytest.mark.oracle

_READ = """
import base64, json
from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import anomalies_pb2, schema_pb2, statistics_pb2
kinds = {"Schema": schema_pb2.Schema, "Anomalies": anomalies_pb2.Anomalies,
         "DatasetFeatureStatisticsList": statistics_pb2.DatasetFeatureStatisticsList}
result = []
for kind, wire, text in json.load(open(inputs["path"])):
    message = kinds[kind].FromString(base64.b64decode(wire))
    assert message == text_format.Parse(text, kinds[kind]())
    result.append([base64.b64encode(message.SerializeToString()).decode(),
                   text_format.MessageToString(message)])
"""


def messages():
    for table in TABLES[:12]:
        statistics = tfdv.generate_statistics_in_memory(arrow_batch(table))
        yield statistics
        yield tfdv.infer_schema(statistics)
    for case in CASES:
        schema = text_format.Parse(case.schema, metadata.Schema(), descriptor_pool=pool())
        statistics = metadata.DatasetFeatureStatisticsList()
        text_format.Parse(
            dataset_text(case.statistics), statistics.datasets.add(), descriptor_pool=pool()
        )
        yield schema
        if "environment" not in case.options and "any {" not in case.statistics:
            yield tfdv.validate_statistics(statistics, schema)


def test_messages_both_ways(oracle, tmp_path):
    ours = list(messages())
    sent = [
        [
            message.DESCRIPTOR.name,
            base64.b64encode(message.SerializeToString()).decode(),
            text_format.MessageToString(message),
        ]
        for message in ours
    ]
    path = tmp_path / "messages.json"
    path.write_text(json.dumps(sent))
    for message, (wire, text) in zip(ours, oracle(_READ, path=str(path)), strict=True):
        assert type(message).FromString(base64.b64decode(wire)) == message
        assert text_format.Parse(text, type(message)(), descriptor_pool=pool()) == message
