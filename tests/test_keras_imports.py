"""`import tidefall as tf; import keras`: who is answered for the name `tensorflow`."""

from __future__ import annotations

import pytest

FIT = """
import numpy as np
assert keras.backend.backend() == "tensorflow"
model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="zeros")])
model.compile("sgd", "mse")
losses = model.fit(np.ones((8, 3), "f"), np.ones((8, 1), "f"), epochs=2, verbose=0).history["loss"]
assert losses[1] < losses[0] == 1.0, losses
assert isinstance(model(tf.ones([2, 3])), tf.Tensor)
assert keras.layers.Dense is tf.keras.layers.Dense
"""
FAKE = """
import os, sys
os.makedirs(sys.argv[1] + "/tensorflow/math")
open(sys.argv[1] + "/tensorflow/__init__.py", "w").write("real = True")
open(sys.argv[1] + "/tensorflow/math/__init__.py", "w").write("real = True")
sys.path.insert(0, sys.argv[1])
"""
"""Stands for TensorFlow itself."""
HIDE = """
import sys
class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Hidden)
"""
"""Hides TensorFlow where it is installed."""
NOT_THERE = """
try:
    import tensorflow
except ModuleNotFoundError as error:
    assert error.name == "tensorflow"
else:
    raise AssertionError("imported")
"""
THE_INSTALLED_ONE = """
import tensorflow, tensorflow.math
assert tensorflow.real and tensorflow.math.real
"""


@pytest.mark.parametrize("first", ["", "tf.keras\n"], ids=["import keras", "tf.keras"])
def test_keras_alone_is_answered(run_python, first):
    run_python(
        f"{HIDE}\nimport tidefall as tf\n{first}{NOT_THERE}\nimport keras\n{FIT}\n{NOT_THERE}"
    )


def test_keras_is_answered_where_tensorflow_is_installed(run_python, tmp_path):
    run_python(
        f"{FAKE}\nimport tidefall as tf\nimport keras\n{FIT}\n{THE_INSTALLED_ONE}\n{FIT}",
        str(tmp_path),
    )


def test_both_in_a_process_with_tidefall_first(run_python, tmp_path):
    run_python(
        f"""{FAKE}
import warnings
import tidefall as tf
import tensorflow
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import keras
[said] = [str(w.message) for w in caught if w.category is RuntimeWarning]
assert "Keras runs on Tidefall" in said and tensorflow.__file__ in said, said
{FIT}
{THE_INSTALLED_ONE}""",
        str(tmp_path),
    )


def test_both_in_a_process_with_tensorflow_first(run_python, tmp_path):
    run_python(
        f"""{FAKE}
import warnings
import tensorflow
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import tidefall as tf
[said] = caught
assert said.filename == "<string>" and said.category is RuntimeWarning
assert tensorflow.__file__ in str(said.message) and "Import tidefall first" in str(said.message)
try:
    import keras  # on TensorFlow, of which the one of this test has nothing
except ModuleNotFoundError as error:
    assert error.name == "tensorflow.python"
else:
    raise AssertionError("imported")
try:
    tf.keras
except ImportError as error:
    assert "Import tidefall first" in str(error), error
else:
    raise AssertionError("no error")
""",
        str(tmp_path),
    )


def test_an_import_of_keras_that_failed_can_be_made_again(run_python):
    run_python(
        f"""{HIDE}
try:
    import keras
except ModuleNotFoundError:
    pass
else:
    raise AssertionError("imported")
import tidefall as tf
import keras
{FIT}"""
    )


def test_enabling_later_gives_everybody_what_keras_has(run_python):
    run_python(
        f"""{HIDE}
import tidefall as tf
import keras
from keras.src.backend.tensorflow import core
sys.meta_path.remove(Hidden)
from tidefall.compat import tensorflow as alias
alias.enable()
import tensorflow
assert core.tf is tensorflow and tensorflow.add is tf.add
"""
    )


def test_lazy_modules_of_keras_and_what_it_sees_of_graphs(run_python):
    run_python(
        f"""{HIDE}
import os
os.environ["KERAS_BACKEND"] = "jax"
import tidefall as tf
import keras
from keras.src.utils import backend_utils, module_utils
assert keras.backend.backend() == "jax"
assert module_utils.tensorflow.available and module_utils.gfile.exists is tf.io.gfile.exists
assert not backend_utils.in_tf_graph() and tf.function(backend_utils.in_tf_graph)()
flip = keras.layers.RandomFlip(seed=1)  # in a tf.data pipeline it computes with TensorFlow
images = tf.data.Dataset.from_tensors(tf.ones([2, 4, 4, 3])).map(flip)
assert isinstance(next(iter(images)), tf.Tensor)
"""
    )


def test_an_answered_module_is_pickled_by_its_name(run_python):
    run_python(
        f"""{HIDE}
import pickle
import tidefall as tf
from keras.src.backend.tensorflow import core
assert pickle.loads(pickle.dumps(core.tf)) is core.tf
{NOT_THERE}"""
    )


def test_loaders_that_serve_other_modules_too_are_left_as_they_were(run_python):
    """As pytest's is, that rewrites assertions."""
    run_python(
        f"""{HIDE}
from importlib.machinery import PathFinder
class Finder:
    def find_spec(self, name, path=None, target=None):
        spec = PathFinder.find_spec(name, path)
        if spec is not None and name == "keras":
            self.found, spec.loader = spec.loader, self
        return spec
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        self.found.exec_module(module)
finder = Finder()
sys.meta_path.insert(0, finder)
import tidefall as tf
import keras
{FIT}
assert "exec_module" not in vars(finder)
{NOT_THERE}"""
    )


@pytest.mark.process
def test_keras_leaves_jax_to_what_compiles(run_python):
    run_python("""
import sys
import tidefall as tf, keras
keras.Sequential([keras.layers.Dense(1)])(tf.ones((1, 1)))
assert "jax" not in sys.modules
from keras.src.trainers.data_adapters.data_adapter_utils import get_jax_iterator
assert next(iter(get_jax_iterator([tf.ones(2)]))).tolist() == [1, 1]
from tidefall.runtime.xla.jax_bridge import load_jax
assert load_jax.cache_info().currsize == 1, "set up by whoever imports it first"
""")


def test_a_layer_of_jax_finds_tidefall_through_jax2tf(run_python):
    run_python(
        f"""{HIDE}
import warnings
warnings.simplefilter("ignore")  # jax2tf is deprecated
import tidefall as tf
import keras

def times(params, inputs):
    return inputs @ params["w"]

layer = keras.layers.JaxLayer(times, params={{"w": tf.ones([3, 2]).numpy()}})
assert layer(tf.ones([1, 3])).numpy().tolist() == [[3.0, 3.0]]
{NOT_THERE}"""
    )


def test_what_is_replaced_in_builtins_is_replaced_in_keras(run_python):
    run_python(
        """
import tidefall as tf
import keras
from unittest.mock import patch
from keras.src.utils import io_utils
with patch("builtins.input", side_effect=["?", "n"]), patch("builtins.print") as printed:
    assert not io_utils.ask_to_proceed_with_overwrite("model.keras")
    keras.Sequential([keras.layers.Dense(1)]).summary(print_fn=print)
assert printed.called
"""
    )
