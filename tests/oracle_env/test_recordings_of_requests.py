"""What the model server records, read by TensorFlow and TensorFlow Serving's own messages."""

import numpy as np
import pytest

from tidefall.io.records.tfrecord import encode_record
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.operations.files import RotatingFile
from tidefall.serving.operations.request_log import prediction_log

pytestmark = pytest.mark.oracle

READ = """
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2
result = []
for record in tf.data.TFRecordDataset(inputs["path"]):
    log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
    request = log.predict_log.request
    result.append([
        request.model_spec.name,
        request.model_spec.version.value,
        request.model_spec.signature_name,
        tf.make_ndarray(request.inputs["x"]).tolist(),
        tf.make_ndarray(request.inputs["s"])[0].decode(),
        tf.make_ndarray(log.predict_log.response.outputs["y"]).tolist(),
    ])
"""


def test_a_recording_is_a_tfrecord_file_of_prediction_logs(oracle, tmp_path):
    inputs = {"x": np.float32([[1.5, 2]]), "s": np.array([b"text"], object)}
    outcome = Outcome(Call("m"), 1.5e9, version=3, inputs=inputs, outputs={"y": np.int64([7])})
    file = RotatingFile(tmp_path / "all.tfrecord")
    for _ in range(2):
        file.write(encode_record(prediction_log(outcome).SerializeToString()))
    file.close()
    read = oracle(READ, path=str(tmp_path / "all.tfrecord"))
    assert read == [["m", 3, "serving_default", [[1.5, 2.0]], "text", [7]]] * 2
