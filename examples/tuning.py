"""Search a digit classifier that is both good and small, in processes, and serve the chosen one.

python examples/tuning.py
"""

import sys
import tempfile

import numpy as np

import tidefall as tf
from tidefall import registry, tune

keras = tf.keras


def digits():
    """Return the digits that ship with scikit-learn: images of 8 x 8 and which digit each is."""
    from sklearn.datasets import load_digits

    images, labels = load_digits(return_X_y=True)
    return (images / 16).astype("float32"), labels.astype("int32")


def build(trial):
    keras.utils.set_random_seed(1)
    hidden = keras.layers.Dense(trial.params["units"], trial.params["activation"])
    model = keras.Sequential([keras.Input((64,)), hidden, keras.layers.Dense(10, "softmax")])
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(trial.params["rate"]), loss, metrics=["accuracy"])
    return model


def fit(trial):
    images, labels = digits()
    return {
        "x": images, "y": labels, "validation_split": 0.25, "epochs": 6,
        "batch_size": trial.suggest_categorical("batch_size", [32, 128]),
    }  # fmt: skip


def smallest_good(trials):
    """Return the smallest model that is nearly as good as the best."""
    best = max(trial.values[0] for trial in trials)
    return min((t for t in trials if t.values[0] > best - 0.02), key=lambda t: t.values[1])


def main():
    store = sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp()
    space = {
        "units": tune.Int(8, 128, log=True),
        "activation": ["relu", "tanh"],
        "rate": tune.Float(1e-3, 3e-2, log=True),
    }
    found = tune.search(
        build, space, fit=fit, directions={"val_accuracy": "maximize", "size_bytes": "minimize"},
        trials=12, workers=2, seed=0, name="digits", store=store, register="digits",
        choose=smallest_good, view="lines",
    )  # fmt: skip
    for trial in sorted(found.best_trials, key=lambda trial: trial.values[1]):
        accuracy, size = trial.values
        print(f"trial {trial.number}: accuracy {accuracy:.3f}, {size / 1024:.1f} KiB")

    with registry.Registry(store) as models:
        version = models.version("digits", found.version.number)
        served = tf.saved_model.load(str(models.path(version)))
    images, labels = digits()
    said = np.argmax(served.serve(tf.constant(images[-400:])).numpy(), axis=1)
    print(f"digits/{version.number}: accuracy {np.mean(said == labels[-400:]):.3f}")


if __name__ == "__main__":
    main()
