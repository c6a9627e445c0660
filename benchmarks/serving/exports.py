"""The models to serve, made once: `python -m benchmarks.serving.exports FOLDER`.

half_plus_two is a SavedModel of TensorFlow Serving's own examples where INTEROP names a folder that
has it, and the same function exported here where not.
"""

import os
import shutil
import sys
from pathlib import Path

import tidefall as tf
from tidefall.tools import demo

SIZE = 224


def export(folder: Path) -> None:
    """Writes the models that are not there yet, each as version 1."""
    for name, make in MODELS.items():
        if not (folder / name / "1" / "saved_model.pb").exists():
            make(folder / name)


def _half_plus_two(folder: Path) -> None:
    genuine = Path(os.environ.get("INTEROP", "../shared/interop_genuine")) / "half_plus_two_tf2"
    if genuine.is_dir():
        shutil.copytree(genuine, folder / "1")
        return
    module = tf.Module()
    module.a, module.b = tf.Variable(0.5), tf.Variable(2.0)
    rows = tf.TensorSpec([None], tf.float32, "x")
    function = tf.function(lambda x: {"y": module.a * x + module.b}, input_signature=[rows])
    module.function = function
    tf.saved_model.save(module, str(folder / "1"), signatures=function)


def _digits(folder: Path) -> None:
    digits = demo.load_digits()
    model = demo.build_model(digits.train[0])
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(demo.pipeline(*digits.train, training=True), epochs=8, shuffle=False, verbose=0)
    demo.export(model, folder)


def _resnet50(folder: Path) -> None:
    """Two signatures: float images, and strings of SIZE * SIZE * 3 bytes (for JSON's b64)."""
    model = tf.keras.applications.ResNet50(weights=None)
    images = tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32, "image")
    strings = tf.TensorSpec([None], tf.string, "image_bytes")

    @tf.function(input_signature=[images])
    def of_images(image):
        return {"scores": model(image, training=False)}

    @tf.function(input_signature=[strings])
    def of_bytes(image_bytes):
        pixels = tf.io.decode_raw(image_bytes, tf.uint8)
        image = tf.reshape(tf.cast(pixels, tf.float32), [-1, SIZE, SIZE, 3])
        return {"scores": model(image, training=False)}

    signatures = {"serving_default": of_images, "bytes": of_bytes}
    tf.saved_model.save(model, str(folder / "1"), signatures=signatures)


MODELS = {"half_plus_two": _half_plus_two, "digits": _digits, "resnet50": _resnet50}

if __name__ == "__main__":
    export(Path(sys.argv[1]))
