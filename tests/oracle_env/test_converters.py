"""TensorFlow's own tools read our models: converter to TensorFlow Lite, command line.

Among the models are Keras's MobileNetV2 and EfficientNetB0, of the size that people bring.
"""

import json
import os
import subprocess

import numpy as np
import pytest

import tidefall as tf

pytestmark = [
    pytest.mark.oracle,
    # Keras converts its variables without the keyword that NumPy 2 wants.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

SIZE = 64

READ = """
import json, sys
import numpy as np
import tensorflow as tf

def lite_result(converter, x):
    interpreter = tf.lite.Interpreter(model_content=converter.convert())
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, x.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, x)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])

found = {}
for name in sys.argv[2:]:
    folder, data = f"{sys.argv[1]}/{name}", np.load(f"{sys.argv[1]}/{name}.npz")
    loaded = tf.saved_model.load(folder)
    served = loaded.signatures["serving_default"]
    converters = {
        "from_saved_model": tf.lite.TFLiteConverter.from_saved_model(folder),
        "from_concrete_functions": tf.lite.TFLiteConverter.from_concrete_functions(
            [served], loaded
        ),
    }
    results = {how: lite_result(made, data["x"]) for how, made in converters.items()}
    results["serve"] = loaded.serve(data["x"]).numpy()
    errors = {how: float(abs(y - data["y"]).max()) for how, y in results.items()}
    found[name] = [errors, len(loaded.trainable_variables)]
print(json.dumps(found))
"""


def _spread(model):
    """Weights for which the classes differ; those of a new model find all alike."""
    rng = np.random.default_rng(0)
    for layer in model.layers:
        if isinstance(layer, tf.keras.layers.BatchNormalization):
            layer.moving_mean.assign(0.1 * rng.normal(size=layer.moving_mean.shape))
            layer.gamma.assign(1.0 + 0.2 * rng.normal(size=layer.gamma.shape))
    model.layers[-1].kernel.assign(rng.normal(size=model.layers[-1].kernel.shape))


@pytest.fixture(scope="module")
def converted(run_oracle, tmp_path_factory):
    """How far TensorFlow's results are from ours, and the number of variables, by model."""
    folder = tmp_path_factory.mktemp("models")
    applications, counts = tf.keras.applications, {}
    x = np.random.default_rng(1).uniform(-1, 1, [2, SIZE, SIZE, 3]).astype(np.float32)
    for name in ("MobileNetV2", "EfficientNetB0"):
        shape = (SIZE, SIZE, 3)
        model = getattr(applications, name)(weights=None, input_shape=shape, classes=10)
        _spread(model)
        y = model.predict(x, verbose=0)
        assert np.ptp(y) > 0.01
        np.savez(folder / f"{name}.npz", x=x, y=y)
        model.export(folder / name, verbose=False)
        counts[name] = len(model.trainable_variables)
    found = json.loads(run_oracle(READ, str(folder), *counts).splitlines()[-1])
    return {name: (*found[name], counts[name]) for name in counts}


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0"])
def test_models_of_keras_convert_to_tensorflow_lite(name, converted):
    errors, variables, expected = converted[name]
    assert variables == expected
    assert errors.keys() == {"from_saved_model", "from_concrete_functions", "serve"}
    assert max(errors.values()) < 1e-5


def command_line(oracle_python, *arguments):
    left_out = ("PYTHONPATH", "PYTHONHOME")
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    command = [oracle_python.parent / "saved_model_cli", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_command_line_shows_and_runs_our_models(oracle_python, tmp_path):
    class Text(tf.Module):
        def __init__(self):
            super().__init__()
            vocabulary = tmp_path / "words.txt"
            vocabulary.write_text("the\ncat\nsat\n")
            initializer = tf.lookup.TextFileInitializer(
                str(vocabulary), tf.string, tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER,
            )  # fmt: skip
            self.table = tf.lookup.StaticVocabularyTable(initializer, 2)

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="lines")])
        def ids(self, lines):
            return {"ids": self.table.lookup(tf.strings.split(lines).to_tensor())}

        @tf.function(input_signature=[tf.TensorSpec([], tf.float32, name="x")])
        def twice(self, x):
            return 2.0 * x

    text = Text()
    tf.saved_model.save(text, tmp_path / "model", {"ids": text.ids, "twice": text.twice})
    shown = command_line(oracle_python, "show", "--dir", tmp_path / "model", "--all")
    assert "signature_def['twice']" in shown and "Function Name: 'ids'" in shown
    assert "lines: TensorSpec(shape=(None,), dtype=tf.string, name='lines')" in shown
    run = ("run", "--dir", tmp_path / "model", "--tag_set", "serve", "--signature_def")
    out = command_line(oracle_python, *run, "ids", "--input_exprs", "lines=['the dog', 'sat cat']")
    assert "[2 1]]" in out
    assert "6.0" in command_line(oracle_python, *run, "twice", "--input_exprs", "x=3.0")
