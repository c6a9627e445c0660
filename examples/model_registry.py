"""Train a small model, log the run, register it, let it through, and serve what is signed.

python examples/model_registry.py
"""

import tempfile
from pathlib import Path

import numpy as np

import tidefall as tf
from tidefall import metadata, registry, track

keras = tf.keras

folder = Path(tempfile.mkdtemp())
keras.utils.set_random_seed(1)
x = np.random.default_rng(1).normal(size=(256, 3)).astype("float32")
y = (x @ [[1.0], [-2.0], [0.5]] + 3.0).astype("float32")

with track.Tracker(folder / "store") as tracker:
    with tracker.start_run("linear", experiment="example", params={"features": 3}) as run:
        run.log_input("random://normal/1", rows=len(x))
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(keras.optimizers.SGD(0.1), "mse")
        model.fit(x, y, epochs=5, verbose=0, callbacks=[track.KerasCallback(run)])
        model.export(str(folder / "export"), verbose=False)
    print("last loss:", f"{tracker.run(run.id).metrics['loss'].value:.4f}")

    registry.new_key(folder / "private.pem", folder / "public.pem")
    key = folder / "private.pem"
    with registry.Registry(folder / "store", database=tracker.database, signing_key=key) as models:
        card = registry.ModelCard(intended_use="Showing how models are registered.")
        version = models.register("linear", folder / "export", run_id=run.id, card=card)
        models.transition("linear", version.number, "Production")
        print("problems:", models.verify())
        path = models.path(version)
    with metadata.MetadataStore(tracker.database) as store:
        print(metadata.lineage(store, version.id, "backward").to_text())

registry.check_version(path, model="linear", version=1)
served = tf.saved_model.load(str(path)).signatures["serving_default"]
print("3 =", f"{float(next(iter(served(tf.zeros([1, 3])).values()))[0, 0]):.2f}")
