"""Two models beside each other, by slices of the data: better on the whole, and worse for some.

python examples/compare_models.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

import tidefall as tf
from tidefall import model_analysis as tfma

keras = tf.keras

CITIES = ("Bonn", "Ulm", "Graz")


def write_trips(path, rows=4000, seed=0):
    """Write trips and who was tipped: in Graz drivers of short trips, elsewhere of long ones."""
    random = np.random.default_rng(seed)
    miles = random.gamma(2.0, 3.0, rows)
    city = random.choice(CITIES, rows, p=(0.5, 0.4, 0.1))
    chance = 1 / (1 + np.exp(np.where(city == "Graz", miles - 5, 5 - miles)))
    tipped = (random.random(rows) < chance).astype(int)
    lines = [f"{m:.2f},{c},{t}" for m, c, t in zip(miles, city, tipped, strict=True)]
    path.write_text("\n".join(["miles,city,tipped", *lines]) + "\n")
    return miles.astype(np.float32), np.array(tipped)


def train(folder, miles, tipped, epochs):
    """Train a model that knows the miles alone, and save it."""
    keras.utils.set_random_seed(1)
    inputs = keras.Input((1,), name="miles")
    scaled = keras.layers.Rescaling(0.2, -1.0)(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, "sigmoid")(scaled))
    model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(miles[:, None], tipped, epochs=epochs, batch_size=200, verbose=0)
    model.export(str(folder), verbose=False)
    return str(folder)


def configuration():
    """No city may become worse by a hundredth, and the area over all trips is at least 0.7."""
    no_worse = tfma.MetricThreshold(
        change_threshold=tfma.GenericChangeThreshold(
            direction=tfma.MetricDirection.HIGHER_IS_BETTER, absolute={"value": -0.01}
        )
    )
    by_city = tfma.PerSliceMetricThreshold(
        slicing_specs=[tfma.SlicingSpec(feature_keys=["city"])], threshold=no_worse
    )
    accuracy = tfma.MetricConfig(class_name="BinaryAccuracy", per_slice_thresholds=[by_city])
    area = tfma.MetricConfig(
        class_name="AUC",
        threshold=tfma.MetricThreshold(
            value_threshold=tfma.GenericValueThreshold(lower_bound={"value": 0.7})
        ),
    )
    return tfma.EvalConfig(
        model_specs=[tfma.ModelSpec(label_key="tipped")],
        metrics_specs=[tfma.MetricsSpec(metrics=[accuracy, area])],
        slicing_specs=[tfma.SlicingSpec(), tfma.SlicingSpec(feature_keys=["city"])],
    )


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    miles, tipped = write_trips(folder / "train.csv")
    write_trips(folder / "eval.csv", seed=1)
    config = configuration()
    models = {
        tfma.BASELINE_KEY: tfma.default_eval_shared_model(
            train(folder / "old", miles, tipped, epochs=1)
        ),
        tfma.CANDIDATE_KEY: tfma.default_eval_shared_model(
            train(folder / "new", miles, tipped, epochs=15)
        ),
    }
    output = str(folder / "evaluation")
    results = tfma.run_model_analysis(models, config, str(folder / "eval.csv"), output_path=output)
    candidate = results.get_results()[0]
    for name, values in candidate.get_metrics_for_all_slices().items():
        accuracy, change = (
            values[key]["doubleValue"] for key in ("binary_accuracy", "binary_accuracy_diff")
        )
        print(f"{dict(name).get('city', 'all'):<5} accuracy {accuracy:.3f} ({change:+.3f})")

    validation = tfma.load_validation_result(output)
    print("blessed" if validation.validation_ok else "not blessed")
    for failure in tfma.validation_failures(validation):
        print(f"{failure.slice}, {failure.metric}: {failure.reason}")


if __name__ == "__main__":
    main()
