"""`keras.distribution` as far as Keras's TensorFlow backend takes it: the same on real TensorFlow.

Keras 3.15 lists devices and makes meshes and layouts there. It does not yet distribute variables
or batches: a model trains as it does without, and the numbers here are TensorFlow's.
"""

import pytest

pytestmark = [pytest.mark.process, pytest.mark.compiles]

PROGRAM = """
import keras, pytest
K = keras.distribution
names = ["cpu:0", "cpu:1", "cpu:2", "cpu:3"]
assert K.list_devices() == K.list_devices("cpu") == names
grid = K.DeviceMesh((2, 2), ["batch", "model"], names)
layout = K.TensorLayout([None, "model"], grid)
wanted = dtensor.create_mesh([("batch", 2), ("model", 2)])
assert grid.backend_mesh == wanted
assert layout.backend_layout == Layout([U, "model"], wanted)
distribute = lambda: K.distribute_tensor(tf.ones([4, 4]), layout)
for missing in (distribute, K.initialize, K.get_device_count):
    with pytest.raises(AttributeError):
        missing()
layouts = K.LayoutMap(grid)
layouts["d1/kernel"] = (None, "model")
assert layouts["d1/kernel"].backend_layout == layout.backend_layout
for distribution in (K.DataParallel(), K.DataParallel(devices=names),
                     K.ModelParallel(layout_map=layouts, batch_dim_name="batch")):
    with distribution.scope():
        keras.utils.set_random_seed(0)
        model = keras.Sequential(
            [keras.layers.Input([4]), keras.layers.Dense(4, name="d1"), keras.layers.Dense(2)])
        model.compile("sgd", "mse")
        x, y = np.ones([16, 4], "f"), np.ones([16, 2], "f")
        history = model.fit(x, y, batch_size=8, verbose=0)
        np.testing.assert_allclose(history.history["loss"], [1.2841823101043701], rtol=1e-6)
        assert model.predict(x, verbose=0).shape == (16, 2)
"""


def test_keras_distribution(run_on_devices):
    run_on_devices(4, PROGRAM)
