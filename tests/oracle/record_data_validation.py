"""Ask TensorFlow Data Validation what is wrong in the cases of the data validation tests.

    python tests/oracle/record_data_validation.py

Runs in an environment with tensorflow-data-validation 1.16.1, and writes two files beside the
tests. `anomalies_of_tfdv.json.gz` has by case the Anomalies as JSON, without the schema
that they repeat, and what `update_schema` and `infer_schema` make of it.
`statistics_of_tfdv.json.gz` has the statistics of small tables, and of genuine files of records
where those are there, each with the schema inferred from it.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "lifecycle" / "data_validation"
sys.path.insert(0, str(FOLDER))


def record() -> dict[str, object]:
    import tensorflow_data_validation as tfdv
    from google.protobuf import json_format, text_format
    from rule_cases import CASES, dataset_text
    from tensorflow_data_validation.api import validation_api
    from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

    def statistics(text: str):
        found = statistics_pb2.DatasetFeatureStatisticsList()
        text_format.Parse(dataset_text(text), found.datasets.add())
        return found

    recorded = {}
    for case in CASES:
        schema = text_format.Parse(case.schema, schema_pb2.Schema())
        others = {
            name: statistics(case.options[short]) if short in case.options else None
            for name, short in (
                ("previous_span_statistics", "previous"),
                ("serving_statistics", "serving"),
                ("previous_version_statistics", "version"),
            )
        }
        told = statistics(case.statistics)
        anomalies = validation_api.validate_statistics_internal(
            told, schema, case.options.get("environment"), **others
        )
        anomalies.ClearField("baseline")
        record = {"anomalies": json_format.MessageToDict(anomalies)}
        if told.datasets[0].num_examples and "name unsaid" not in case.name:
            updated = tfdv.update_schema(schema, told)
            record["updated"] = json_format.MessageToDict(updated)
            record["inferred"] = json_format.MessageToDict(tfdv.infer_schema(told))
        recorded[case.name] = record
    return recorded


GENUINE = FOLDER.parents[3] / "shared" / "interop_genuine"
FILES = {
    "taxi": ("taxi_records/data_tfrecord-00000-of-00012.gz", False),
    "penguin": ("penguin_records/data_tfrecord-00000-of-00001.gz", False),
    "sequence": ("sequence_records/data_tfrecord_eval.gz", True),
}


def batches():
    """Tables and options by name."""
    import tensorflow as tf
    import tensorflow_data_validation as tfdv
    from google.protobuf import text_format
    from statistics_cases import TABLES, arrow_batch
    from tensorflow_metadata.proto.v0 import schema_pb2
    from tfx_bsl.coders import example_coder, sequence_example_coder

    for table in TABLES:
        options = dict(table.options)
        if "schema" in options:
            options["schema"] = text_format.Parse(options["schema"], schema_pb2.Schema())
        yield table.name, arrow_batch(table), tfdv.StatsOptions(**options)
    for name, (file, is_sequence) in FILES.items():
        path = GENUINE / file
        if path.exists():
            dataset = tf.data.TFRecordDataset(str(path), compression_type="GZIP")
            records = [record.numpy() for record in dataset]
            if is_sequence:
                decoder = sequence_example_coder.SequenceExamplesToRecordBatchDecoder(
                    "##SEQUENCE##"
                )
            else:
                decoder = example_coder.ExamplesToRecordBatchDecoder()
            yield name, decoder.DecodeBatch(records), tfdv.StatsOptions()


def record_statistics() -> dict[str, object]:
    import tensorflow_data_validation as tfdv
    from google.protobuf import json_format
    from tensorflow_data_validation.statistics import stats_impl

    recorded = {}
    for name, batch, options in batches():
        found = stats_impl.generate_statistics_in_memory(batch, options)
        recorded[name] = {
            "statistics": json_format.MessageToDict(found),
            "schema": json_format.MessageToDict(tfdv.infer_schema(found)),
        }
    return recorded


def write(name: str, recorded: dict[str, object]) -> None:
    content = json.dumps(recorded, sort_keys=True).encode()
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(content, 9, mtime=0))


if __name__ == "__main__":
    write("statistics_of_tfdv", record_statistics())
    write("anomalies_of_tfdv", record())
