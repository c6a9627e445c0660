"""Watches a served model: requests logged by the server, labels that come late, drift, an incident.

    python examples/monitoring.py

Trains a small classifier, serves it, sends it the requests of a usual day and of one on which the
fares are in another currency, and prints what monitoring says.
"""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np

import tidefall as tf
from tidefall import monitoring
from tidefall.serving import ServerProcess

REQUESTS, ROWS = 30, 40


def trips(draw: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Fares and miles, and whether a tip was given."""
    inputs = np.stack([draw.gamma(3.0, 5.0, count), draw.gamma(2.0, 1.5, count)], 1)
    chance = 1 / (1 + np.exp(3.0 - 0.2 * inputs[:, 0]))
    return inputs.astype(np.float32), draw.random(count) < chance


def export(folder: Path) -> None:
    """Train a model and save it as version 1."""
    tf.keras.utils.set_random_seed(1)
    inputs, tips = trips(np.random.default_rng(0), 4000)
    model = tf.keras.Sequential([tf.keras.layers.Input((2,)), tf.keras.layers.Dense(1, "sigmoid")])
    model.compile(tf.keras.optimizers.Adam(0.05), "binary_crossentropy")
    model.fit(inputs, tips, batch_size=64, epochs=3, verbose=0)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.float32, name="trip")])
    def serve(trip):
        return {"tip": model(trip)[:, 0]}

    module = tf.Module()
    module.model = model
    tf.saved_model.save(module, str(folder / "1"), signatures=serve)


def ask(url: str, rows: np.ndarray, name: str) -> None:
    """Send a request of several rows."""
    body = json.dumps({"instances": rows.tolist()}).encode()
    headers = {"x-request-id": name}
    request = urllib.request.Request(f"{url}/v1/models/tips:predict", body, headers)
    urllib.request.urlopen(request).read()


def main() -> None:
    """Run the example."""
    folder = Path(tempfile.mkdtemp())
    export(folder / "tips")
    draw = np.random.default_rng(1)
    store = monitoring.open_store(folder / "store")
    with ServerProcess("tips", folder / "tips", monitoring_log=folder / "log") as server:
        begin = time.time()
        known = {}
        for n in range(REQUESTS):
            inputs, tips = trips(draw, ROWS)
            ask(server.url, inputs, f"usual-{n}")
            known |= {f"usual-{n}/{row}": float(tip) for row, tip in enumerate(tips)}
        time.sleep(0.05)
        middle = time.time()
        for n in range(REQUESTS):
            inputs, _ = trips(draw, ROWS)
            inputs[:, 0] *= 0.45
            ask(server.url, inputs, f"other-{n}")
    # The server has ended, and written all it had.
    print("rows:", store.ingest(folder / "log"))
    store.add_labels("tips", list(known), list(known.values()))

    usual = monitoring.Window(begin, middle)
    rules = monitoring.Rules("tips", reference=usual, window_seconds=time.time() - middle)
    [watched] = monitoring.watch_once(store, rules)
    assert watched.drift is not None and watched.quality is not None
    assert watched.incident is not None
    for cause in watched.drift.causes:
        print(f"cause ({cause.score:.0%}): {cause.reason}")
    for metric in watched.quality.metrics:
        if metric.name == "accuracy":
            print(f"accuracy by {metric.method}: {metric.value:.2f}, before {metric.reference:.2f}")
    print("page:", watched.incident.page)


if __name__ == "__main__":
    main()
