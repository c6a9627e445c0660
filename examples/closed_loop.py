"""A model's whole life in half a minute: trained, released, watched, trained again, released again.

python examples/closed_loop.py
"""

import http.client
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np

import tidefall as tf
from tidefall import monitoring, registry, release, retrain
from tidefall import pipelines as tfx
from tidefall.lifecycle.retrain.runner import saved_model, train
from tidefall.serving import ModelServer
from tidefall.serving.models.config import ModelConfig, Recording
from tidefall.serving.models.policies import All
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.rollout.control import ControlSettings

TOKEN = "what-admins-have-to-know"

# --- the pipeline: this file defines it, and `tidefall retrain` loads it --------------------------

Parameter, OutputArtifact = tfx.dsl.components.Parameter, tfx.dsl.components.OutputArtifact


@tfx.dsl.components.component
def Fit(  # noqa: N802 - components are called like classes
    model: OutputArtifact[tfx.types.standard_artifacts.Model],
    data: Parameter[str],
    base_model: Parameter[str],
):
    """Fits a logistic regression to labelled rows; goes on from another model if there is one."""
    import pyarrow.parquet as pq

    table = pq.read_table(Path(data) / "rows.parquet")
    x = np.stack([table.column(name).to_numpy() for name in ("a", "b")], 1).astype(np.float32)
    y = table.column("label").to_numpy().astype(np.float32)

    module = tf.Module()
    module.weights = tf.Variable(tf.zeros([2, 1]))
    module.bias = tf.Variable(tf.zeros([1]))
    if base_model:
        loaded = tf.saved_model.load(base_model)
        module.weights.assign(loaded.weights)
        module.bias.assign(loaded.bias)

    @tf.function
    def step(x, y):
        with tf.GradientTape() as tape:
            logits = (x @ module.weights + module.bias)[:, 0]
            loss = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(y, logits))
        variables = [module.weights, module.bias]
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(0.5 * gradient)

    for _ in range(400):
        step(x, y)
    save(module, model.uri)


def save(module, folder):
    """Saves a module whose `weights` and `bias` make the score of two inputs."""
    specs = [tf.TensorSpec([None], tf.float32, name) for name in ("a", "b")]

    @tf.function(input_signature=specs)
    def score(a, b):
        x = tf.stack([a, b], 1)
        return {"score": tf.sigmoid(x @ module.weights + module.bias)[:, 0]}

    module.score = score
    tf.saved_model.save(module, str(folder), {"serving_default": score})


def create_pipeline(root="runs"):
    fit = Fit(
        data=tfx.dsl.experimental.RuntimeParameter("data", str),
        base_model=tfx.dsl.experimental.RuntimeParameter("base_model", str, ""),
    )
    return tfx.dsl.Pipeline("loop", root, components=[fit], enable_cache=True)


# --- the world: what is asked, and what turns out to be true --------------------------------------


def draw(random, n, has_changed):
    """Two numbers, and the truth about them. The world changes: `a` grows, and so must the bar."""
    a = random.normal(3.0 if has_changed else 0.0, 1.0, n)
    b = random.normal(0.0, 1.0, n)
    noise = random.normal(0.0, 0.3, n)
    return a, b, (a + b + noise > (3.0 if has_changed else 0.0)).astype(int)


class World:
    """Asks the server again and again, and tells monitoring what was true."""

    def __init__(self, port, store):
        self.port, self.store = port, store
        self.has_changed, self.answers, self.failures = False, 0, []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def wait(self, answers):
        """Waits until so many more rows were answered."""
        goal = self.answers + answers
        while self.answers < goal and self._thread.is_alive():
            time.sleep(0.05)

    def _ask(self):
        random = np.random.default_rng(1)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        ids, truths, number = [], [], 0
        while not self._stop.is_set():
            number += 1
            a, b, truth = draw(random, 8, self.has_changed)
            body = json.dumps({"inputs": {"a": a.tolist(), "b": b.tolist()}})
            connection.request(
                "POST", "/v1/models/loop:predict", body, {"x-request-id": f"r{number}"}
            )
            reply = connection.getresponse()
            content = reply.read()
            if reply.status != 200:
                self.failures.append(content.decode())
                continue
            self.answers += 8
            ids += [f"r{number}/{row}" for row in range(8)]
            truths += truth.tolist()
            if len(ids) >= 400:
                self.store.add_labels("loop", ids, truths)
                ids, truths = [], []
            time.sleep(0.004)
        connection.close()


# --- the loop -------------------------------------------------------------------------------------


def write_plans(folder, url):
    """The two files that say beforehand what is to happen."""
    (folder / "release.yaml").write_text(f"""\
model: loop
servers: [{url}]
store: store
token_file: token
guardrails:
  errors: {{margin: 0.005}}
  latency: {{quantile: 0.9, ratio: 5}}
  prediction_shift: null
  slices:
    - {{metric: accuracy, margin: 0.02, output: score, minimum: 150}}
monitoring: {{store: monitoring, log: log, every: 500ms}}
replay: {{recording: requests.tfrecord, limit: 200, minimum: 50}}
shadow: {{requests: 30, seconds: 500ms}}
canary: {{steps: [25, 50], seconds: 500ms, requests: 30, patience: 60s}}
promotion: {{alias: champion}}
""")
    (folder / "retrain.yaml").write_text(f"""\
model: loop
store: store
monitoring: monitoring
log: log
pipeline: {Path(__file__).resolve()}
node: Fit
warm_start: base_model
release: release.yaml
triggers:
  drift: {{window: 2s, reference: 1s, minimum: 300}}
  quality: {{metric: accuracy, at_least: 0.8, window: 2s, minimum: 300}}
data: {{window: 2s, minimum: 300}}
compare: {{metric: accuracy, gain: 0.02}}
""")


def first_version(folder, models):
    """Trains on what is known at first."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    a, b, truth = draw(np.random.default_rng(0), 2000, False)
    (folder / "first").mkdir()
    pq.write_table(pa.table({"a": a, "b": b, "label": truth}), folder / "first/rows.parquet")
    plan = retrain.RetrainPlan("loop", "", "", __file__, node="Fit")
    pipeline = create_pipeline(str(folder / "runs"))
    uri, _ = train(pipeline, plan, {"data": str(folder / "first")})
    version = models.register("loop", saved_model(uri))
    models.transition("loop", version.number, "Production")
    return version.number


def bad_version(folder, models):
    """Somebody mistook the sign."""
    module = tf.Module()
    module.weights = tf.Variable([[-2.0], [-2.0]])
    module.bias = tf.Variable([6.0])
    save(module, folder / "bad")
    return models.register("loop", folder / "bad").number


def live(folder, models, runner, world):
    """What comes to pass while requests come in."""
    again = retrain.Retraining(
        retrain.read_retrain_plan(folder / "retrain.yaml"),
        models,
        lambda _: create_pipeline(str(folder / "runs")),
        print,
    )
    world.wait(3000)
    time.sleep(2.5)
    print("all is well:", again.run())
    world.has_changed = True
    time.sleep(2.5)
    print("the world has changed:", again.run())
    world.wait(500)
    print("a bad version:", runner.run(bad_version(folder, models)))
    world.wait(500)


def main(folder):
    (folder / "recordings").mkdir()
    (folder / "token").write_text(f"loop {TOKEN}\n")
    with registry.Registry(folder / "store", user="loop") as models:
        first = first_version(folder, models)
        store = monitoring.open_store(folder / "monitoring")
        server = ModelServer(
            {"loop": ModelConfig("loop", folder / "store/models/loop", All())},
            file_system_poll_wait_seconds=0.2,
            operations=OperationsSettings(
                admin_token_file=str(folder / "token"),
                event_log=str(folder / "log"),
                recording=Recording(str(folder / "recordings/requests")),
            ),
            control=ControlSettings(str(folder / "state"), recordings_dir=str(folder / "recordings")),
        )
        with server:
            server.wait_until_available()
            write_plans(folder, server.url)
            plan = release.read_plan(folder / "release.yaml")
            runner = release.Runner(plan, models, release.Fleet(plan.servers, TOKEN), print)
            runner.hold(first)
            with World(server.port, store) as world:
                live(folder, models, runner, world)
            print("failed requests:", len(world.failures), "of", world.answers)
        problems = models.verify()
        print("in production:", models.version("loop", "Production").number, problems)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            main(Path(folder))
