"""Ask TensorFlow Data Validation what is wrong in the cases of the data validation tests.

    python tests/oracle/record_data_validation.py

Runs in an environment with tensorflow-data-validation 1.16.1, and writes
`tests/lifecycle/data_validation/anomalies_of_tfdv.json`: by case the Anomalies as JSON, without the
schema that they repeat; and schemas before and after `update_schema`.
"""

from __future__ import annotations

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


if __name__ == "__main__":
    content = json.dumps(record(), indent=0, sort_keys=True, ensure_ascii=False)
    (FOLDER / "anomalies_of_tfdv.json").write_text(content + "\n")
