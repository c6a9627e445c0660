"""From a CSV file to a model in a server's folder, in steps; the second run is from the cache.

python examples/pipeline.py
"""

import sys
import tempfile
from pathlib import Path

import tidefall as tf
from tidefall import pipelines as tfx
from tidefall import transform as tft

keras = tf.keras

MEASURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
LABEL = "species"


def write_csv(path):
    """Write the irises that ship with scikit-learn: 150 flowers of 3 species."""
    from sklearn.datasets import load_iris

    measures, species = load_iris(return_X_y=True)
    rows = [
        ",".join([*(f"{value:.1f}" for value in row), str(label)])
        for row, label in zip(measures, species, strict=True)
    ]
    path.write_text("\n".join([",".join([*MEASURES, LABEL]), *rows]) + "\n")


# --- what Transform and Trainer call; they load this file by its name -----------------------------


def preprocessing_fn(inputs):
    scaled = {name: tft.scale_to_z_score(inputs[name]) for name in MEASURES}
    return {**scaled, LABEL: inputs[LABEL]}


def run_fn(fn_args):
    from tidefall.lifecycle.pipelines.components.fn_args import TensorFlowDatasetOptions

    keras.utils.set_random_seed(1)
    transform = tft.TFTransformOutput(fn_args.transform_output)

    def data(files):
        options = TensorFlowDatasetOptions(batch_size=25, shuffle_seed=1, label_key=LABEL)
        schema = transform.transformed_metadata.schema
        return fn_args.data_accessor.tf_dataset_factory(files, options, schema)

    inputs = {name: keras.Input((1,), name=name) for name in MEASURES}
    hidden = keras.layers.Dense(16, "relu")(keras.layers.concatenate(list(inputs.values())))
    model = keras.Model(inputs, keras.layers.Dense(3, "softmax")(hidden))
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.02), loss, metrics=["accuracy"])
    model.fit(
        data(fn_args.train_files), steps_per_epoch=fn_args.train_steps, shuffle=False, verbose=0
    )
    evaluated = data(fn_args.eval_files)
    found = model.evaluate(evaluated, steps=fn_args.eval_steps, return_dict=True, verbose=0)
    (Path(fn_args.model_run_dir) / "accuracy").write_text(f"{found['accuracy']:.3f}")

    # The server takes rows as they were in the file; the transform is in the model.
    model.transform = transform.transform_features_layer()
    spec = {name: tf.io.FixedLenFeature([1], tf.float32) for name in MEASURES}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples):
        return {"probabilities": model(model.transform(tf.io.parse_example(examples, spec)))}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})


# --- the pipeline ---------------------------------------------------------------------------------


def create_pipeline(folder):
    components, proto = tfx.components, tfx.proto
    examples = components.CsvExampleGen(str(folder / "data"))
    statistics = components.StatisticsGen(examples=examples.outputs["examples"])
    schema = components.SchemaGen(statistics=statistics.outputs["statistics"])
    validator = components.ExampleValidator(
        statistics=statistics.outputs["statistics"], schema=schema.outputs["schema"]
    )
    transform = components.Transform(
        examples=examples.outputs["examples"],
        schema=schema.outputs["schema"],
        module_file=__file__,
    )
    trainer = components.Trainer(
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        module_file=__file__,
        train_args=proto.TrainArgs(num_steps=80),
        eval_args=proto.EvalArgs(num_steps=2),
    )
    destination = proto.PushDestination.Filesystem(base_directory=str(folder / "served"))
    pusher = components.Pusher(
        model=trainer.outputs["model"],
        push_destination=proto.PushDestination(filesystem=destination),
    )
    nodes = [examples, statistics, schema, validator, transform, trainer, pusher]
    return tfx.dsl.Pipeline("iris", str(folder / "runs"), components=nodes, enable_cache=True)


def main():
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
    (folder / "data").mkdir(parents=True, exist_ok=True)
    write_csv(folder / "data" / "iris.csv")
    runner = tfx.orchestration.LocalDagRunner(view="lines")
    first = runner.run(create_pipeline(folder))
    second = runner.run(create_pipeline(folder))
    print(f"first run {first.seconds:.1f} s, from the cache {second.seconds:.2f} s")
    print("states of the second run:", sorted(set(second.states.values())))

    (anomalies,) = first.outputs["ExampleValidator"]["anomalies"]
    print("splits without anomalies:", anomalies.custom_properties["blessed"])
    (kept,) = first.outputs["Trainer"]["model_run"]
    print("accuracy", Path(kept.uri, "accuracy").read_text())

    (version,) = (folder / "served").iterdir()
    served = tf.saved_model.load(str(version)).signatures["serving_default"]
    flower = tf.train.Example()
    for name, value in zip(MEASURES, (5.1, 3.5, 1.4, 0.2), strict=True):
        flower.features.feature[name].float_list.value.append(value)
    said = served(examples=tf.constant([flower.SerializeToString()]))["probabilities"]
    print("species", int(tf.argmax(said[0])))


if __name__ == "__main__":
    main()
