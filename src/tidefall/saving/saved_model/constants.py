"""Names that are part of the SavedModel format.

Files in the folder of a model:

>>> import os, tempfile
>>> import tidefall as tf
>>> module = tf.Module()
>>> module.double = tf.function(lambda x: 2 * x, input_signature=[tf.TensorSpec([], tf.float32)])
>>> folder = tempfile.mkdtemp()
>>> tf.saved_model.save(module, folder)
>>> os.path.isfile(os.path.join(folder, tf.saved_model.SAVED_MODEL_FILENAME_PB))
True
>>> prefix = os.path.join(
...     folder, tf.saved_model.VARIABLES_DIRECTORY, tf.saved_model.VARIABLES_FILENAME
... )
>>> tf.train.load_checkpoint(prefix).has_tensor("_CHECKPOINTABLE_OBJECT_GRAPH")
True
>>> os.path.isdir(os.path.join(folder, tf.saved_model.ASSETS_DIRECTORY))
True
>>> tf.saved_model.SAVED_MODEL_FILENAME_PBTXT, tf.saved_model.ASSETS_KEY
('saved_model.pbtxt', 'saved_model_assets')
>>> os.path.join(tf.saved_model.DEBUG_DIRECTORY, tf.saved_model.DEBUG_INFO_FILENAME_PB)
'debug/saved_model_debug_info.pb'

Tags, by which the graphs of a model are told apart:

>>> loaded = tf.saved_model.load(folder, tags=[tf.saved_model.SERVING])
>>> tf.saved_model.TRAINING, tf.saved_model.GPU, tf.saved_model.TPU
('train', 'gpu', 'tpu')

Signatures, what kinds there are, and how their inputs and outputs are called:

>>> double = loaded.signatures[tf.saved_model.DEFAULT_SERVING_SIGNATURE_DEF_KEY]
>>> float(double(tf.constant(4.0))["output_0"])
8.0
>>> tf.saved_model.PREDICT_METHOD_NAME
'tensorflow/serving/predict'
>>> tf.saved_model.PREDICT_INPUTS, tf.saved_model.PREDICT_OUTPUTS
('inputs', 'outputs')
>>> tf.saved_model.REGRESS_METHOD_NAME
'tensorflow/serving/regress'
>>> tf.saved_model.REGRESS_INPUTS, tf.saved_model.REGRESS_OUTPUTS
('inputs', 'outputs')
>>> tf.saved_model.CLASSIFY_METHOD_NAME, tf.saved_model.CLASSIFY_INPUTS
('tensorflow/serving/classify', 'inputs')
>>> tf.saved_model.CLASSIFY_OUTPUT_CLASSES, tf.saved_model.CLASSIFY_OUTPUT_SCORES
('classes', 'scores')
"""

from __future__ import annotations

from tidefall.base.exports import export_value

ASSETS_DIRECTORY = "assets"
ASSETS_KEY = "saved_model_assets"
CLASSIFY_INPUTS = "inputs"
CLASSIFY_METHOD_NAME = "tensorflow/serving/classify"
CLASSIFY_OUTPUT_CLASSES = "classes"
CLASSIFY_OUTPUT_SCORES = "scores"
DEBUG_DIRECTORY = "debug"
DEBUG_INFO_FILENAME_PB = "saved_model_debug_info.pb"
DEFAULT_SERVING_SIGNATURE_DEF_KEY = "serving_default"
GPU = "gpu"
PREDICT_INPUTS = "inputs"
PREDICT_METHOD_NAME = "tensorflow/serving/predict"
PREDICT_OUTPUTS = "outputs"
REGRESS_INPUTS = "inputs"
REGRESS_METHOD_NAME = "tensorflow/serving/regress"
REGRESS_OUTPUTS = "outputs"
SAVED_MODEL_FILENAME_PB = "saved_model.pb"
SAVED_MODEL_FILENAME_PBTXT = "saved_model.pbtxt"
SAVED_MODEL_SCHEMA_VERSION = 1
SERVING = "serve"
TPU = "tpu"
TRAINING = "train"
VARIABLES_DIRECTORY = "variables"
VARIABLES_FILENAME = "variables"

for _name, _value in list(vars().items()):
    if _name.isupper() and not _name.startswith("_"):
        export_value(_value, f"saved_model.{_name}")

FINGERPRINT_FILENAME = "fingerprint.pb"
INIT_OP_SIGNATURE_KEY = "__saved_model_init_op"
TRAIN_OP_SIGNATURE_KEY = "__saved_model_train_op"
MAIN_OP_KEY = "saved_model_main_op"
LEGACY_INIT_OP_KEY = "legacy_init_op"
SIGNATURES_ATTRIBUTE = "signatures"
