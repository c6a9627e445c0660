"""`import tensorflow` answered by Tidefall, and tf.keras on top of it."""

from __future__ import annotations

import pytest


@pytest.mark.process
def test_alias_answers_public_and_private_names(run_python):
    run_python(
        """
import tidefall as tf
from tidefall.compat import tensorflow as alias
alias.enable()
import tensorflow
import tensorflow.math as math
from tensorflow.python.framework import tensor_util
from tensorflow.python.eager import context
assert tensorflow.Tensor is tf.Tensor and math.add is tf.add
assert tensorflow.__version__ == "2.21.0" and tf.__version__ != "2.21.0"
assert tensor_util.is_tf_type(tf.constant(1)) and context.executing_eagerly()
try:
    import tensorflow.no_such_thing
except ModuleNotFoundError:
    pass
else:
    raise AssertionError
try:
    tensorflow.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
alias.disable()
import sys
assert "tensorflow" not in sys.modules
"""
    )


@pytest.mark.process
def test_real_tensorflow_is_not_mixed_in(run_python):
    run_python(
        """
import sys, types
sys.modules["tensorflow"] = types.ModuleType("tensorflow")
import tidefall as tf
try:
    tf.keras
except ImportError as error:
    assert "already imported" in str(error), error
else:
    raise AssertionError("no error")
"""
    )


@pytest.mark.process
def test_another_keras_backend_is_refused(run_python):
    run_python(
        """
import os
os.environ["KERAS_BACKEND"] = "numpy"
import keras
import tidefall as tf
try:
    tf.keras
except ImportError as error:
    assert "numpy backend" in str(error), error
else:
    raise AssertionError("no error")
"""
    )


@pytest.mark.process
def test_scripts_run_on_the_alias(tmp_path, run_python):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\nimport tensorflow as tf\nprint(tf.add(1, 2).numpy(), sys.argv[1:])\n"
    )
    run_python(
        f"""
import subprocess, sys
out = subprocess.run(
    [sys.executable, "-m", "tidefall.compat.tensorflow", {str(script)!r}, "--flag"],
    capture_output=True, text=True,
)
assert out.stdout == "3 ['--flag']\\n", out
"""
    )


@pytest.mark.process
def test_importing_is_light_and_silent(run_python):
    run_python(
        """
import sys
import tidefall as tf
tf.add(1, 2)
heavy = {"jax", "jaxlib", "keras", "grpc", "h5py", "google.protobuf", "tensorflow"}
heavy &= set(sys.modules)
assert not heavy, heavy
"""
    )


@pytest.mark.process
def test_keras_is_imported_under_the_name_of_tensorflow(run_python):
    run_python(
        """
from tidefall.compat import tensorflow as alias
alias.enable()
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers
from tensorflow.keras.models import Sequential
import tensorflow.keras.losses

assert keras is tf.keras and layers is keras.layers and Sequential is keras.Sequential
assert layers.__spec__.name == layers.__name__
assert callable(keras.losses.MSE)  # a name that only tf.keras has
try:
    import tensorflow.keras.no_such_thing
    raise SystemExit("imported")
except ModuleNotFoundError:
    pass

class Scaled(layers.Layer):  # without compute_output_shape: Keras traces it
    def call(self, x):
        return tf.matmul(x, tf.ones([3, 2]))

inputs = keras.Input([3])
model = keras.Model(inputs, Scaled()(inputs))
assert model.output_shape == (None, 2)
assert model(tf.ones([1, 3])).numpy().tolist() == [[3.0, 3.0]]
"""
    )


@pytest.mark.process
def test_modules_that_programs_import_from_inside_tensorflow(run_python):
    run_python(
        """
from tidefall.compat import tensorflow as alias
alias.enable()
import tensorflow as tf
from tensorflow.python.client import device_lib
from tensorflow.python.framework import constant_op, dtypes, errors, ops, tensor_shape
from tensorflow.python.ops import array_ops, bitwise_ops, math_ops, nn_ops, random_ops, string_ops
from tensorflow.python.ops import variable_scope
from tensorflow.python.ops.ragged.ragged_tensor import RaggedTensor
from tensorflow.python.platform import gfile, tf_logging
from tensorflow.python.saved_model import signature_constants, tag_constants
from tensorflow.python.util import nest
assert bitwise_ops.bitwise_and is tf.bitwise.bitwise_and
assert math_ops.reduce_sum is tf.reduce_sum and math_ops.is_nan is tf.math.is_nan
assert array_ops.reshape is tf.reshape and array_ops.placeholder is tf.compat.v1.placeholder
assert nn_ops.relu is tf.nn.relu and random_ops.random_uniform is tf.random.uniform
assert string_ops.regex_replace is tf.strings.regex_replace
assert variable_scope.get_variable is tf.compat.v1.get_variable
assert dtypes.float32 is tf.float32 and dtypes.as_dtype is tf.as_dtype
assert constant_op.constant is tf.constant and ops.convert_to_tensor is tf.convert_to_tensor
assert tensor_shape.Dimension is tf.compat.v1.Dimension
assert errors.NotFoundError is tf.errors.NotFoundError and RaggedTensor is tf.RaggedTensor
assert nest.flatten is tf.nest.flatten and gfile.exists is tf.io.gfile.exists
assert tf_logging.info is tf.compat.v1.logging.info
assert tag_constants.SERVING == "serve"
assert signature_constants.DEFAULT_SERVING_SIGNATURE_DEF_KEY == "serving_default"
assert [device.device_type for device in device_lib.list_local_devices()] == ["CPU"]
try:
    math_ops.no_such_op
except AttributeError as error:
    assert "no_such_op" in str(error)
else:
    raise AssertionError
"""
    )


@pytest.mark.process
def test_names_that_tensorflow_takes_from_keras(run_python):
    run_python(
        """
import tidefall as tf
for name in ("initializers", "losses", "metrics", "optimizers"):
    assert getattr(tf, name) is getattr(tf.keras, name) and name in dir(tf), name
assert float(tf.losses.MSE([1.0], [3.0])) == 4.0
"""
    )


@pytest.mark.process
def test_compat_v2_is_tensorflow_under_one_more_name(run_python):
    run_python(
        """
import pickle
import tidefall as tf
from tidefall.compat import tensorflow as alias
assert tf.compat.v2.nn is tf.nn and tf.compat.v2.compat.v1 is tf.compat.v1
assert "v2" in dir(tf.compat) and set(dir(tf)) == set(dir(tf.compat.v2))
assert pickle.loads(pickle.dumps(tf.compat.v2)) is tf.compat.v2
assert tf.compat.v2.enable_v2_behavior is tf.compat.v1.enable_v2_behavior
alias.enable()
import tensorflow.compat.v2 as tf2
import tensorflow.compat.v2.math as math
from tensorflow.compat.v2 import keras, metrics
assert tf2.Tensor is tf.Tensor and math.add is tf.add and tf2.__version__ == "2.21.0"
assert keras is tf.keras and metrics is tf.keras.metrics
try:
    tf2.no_such_name
except AttributeError as error:
    assert "no_such_name" in str(error)
else:
    raise AssertionError
"""
    )
