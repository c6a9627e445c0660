"""A store with runs, models, a pipeline and reports, and servers of its page."""

import contextlib
import json
import math
import urllib.error
import urllib.parse
import urllib.request
from types import SimpleNamespace

import pytest

from tests.lifecycle.pipelines import steps
from tidefall import pipelines as tfx
from tidefall.lifecycle.metadata import ArtifactSpec, MetadataStore, publish
from tidefall.lifecycle.registry import Registry
from tidefall.lifecycle.track import Tracker
from tidefall.lifecycle.ui.server import UiServer

HOSTILE = "<img src=x onerror=\"document.title='taken'\">'\"&"
"""What must be text wherever it is shown."""
RUNS = 60


def _log_runs(folder):
    """Runs of two experiments, the last with a long history, files, inputs and hostile names."""
    with Tracker(folder) as tracker:
        for n in range(RUNS):
            params = {"lr": 0.1 / (n + 1), "optimizer": "sgd" if n % 3 else "adam", "batch": 32}
            experiment = "taxi" if n % 2 else "census"
            with tracker.start_run(f"run {n}", experiment, params) as run:
                for step in range(20):
                    run.log_metrics({"loss": 1 / (step + n + 1), "accuracy": step / 20}, step)
        params = {HOSTILE: HOSTILE, "constructor": "given"}
        with tracker.start_run(HOSTILE, HOSTILE, params, {HOSTILE: HOSTILE}) as run:
            for step in range(3000):
                run.log_metric(HOSTILE, math.sin(step / 100), step)
            run.log_metrics({"nan": math.nan, "inf": math.inf})
            run.log_text("<p id=told>told</p><script>told.append(' ran')</script>", "page.html")
            run.log_text(HOSTILE, f"folder/{HOSTILE.replace('/', '')}.txt")
            run.log_text("<svg xmlns='http://www.w3.org/2000/svg'/>", "plot.svg")
            run.log_text("?", "weights.bin")
            run.log_input("/data/" + HOSTILE)
            run.log_output("/models/half")
        return run.id


def _register(folder, model, run_id):
    with Registry(folder, user="ann") as registry:
        registry.register("half", model, run_id=run_id, description=HOSTILE, tags={"t": HOSTILE})
        registry.register("half", model)
        registry.transition("half", 2, "Production")
        registry.set_alias("half", "champion", 2)
        registry.create_model("without versions", HOSTILE)
        registry.reference("half", "s3://bucket/half")
    with Registry(folder, user="bob") as registry:
        registry.approve("half", 2, HOSTILE)


def _run_pipelines(folder):
    connection = tfx.orchestration.metadata.sqlite_metadata_connection_config(
        str(folder / "metadata.db")
    )
    runner = tfx.orchestration.LocalDagRunner(view="none")
    root, log = str(folder / "pipelines"), str(folder / "log")
    good = steps.squares(root)
    good.metadata_connection_config = connection
    made = [runner.run(good).run_id]
    three = steps.Number(value=3)
    failing = steps.Failing(number=three.outputs["number"], until=5, log=log)
    pipeline = tfx.dsl.Pipeline("failing", root, connection, [three, failing])
    with pytest.raises(ValueError, match="not yet"):
        runner.run(pipeline)
    return made


def _publish_reports(folder):
    """Statistics, anomalies, a schema and an evaluation, each made by what makes them."""
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    from google.protobuf import text_format

    from tidefall import data_validation as tfdv
    from tidefall.lifecycle import model_analysis as tfma
    from tidefall.lifecycle.data_validation.protos import write_binary

    frames = {
        "train": pd.DataFrame({"x": [1.0, 2, 3, 4] * 10, "c": ["a", "b"] * 20}),
        "eval": pd.DataFrame({"x": [1.0, 2, 3, 9] * 10, "c": ["a", HOSTILE] * 20}),
    }
    places = {name: folder / "reports" / name for name in ("stats", "anomalies", "schema", "eval")}
    found = {split: tfdv.generate_statistics_from_dataframe(f) for split, f in frames.items()}
    schema = tfdv.infer_schema(found["train"])
    for split, statistics in found.items():
        for place in ("stats", "anomalies"):
            (places[place] / f"Split-{split}").mkdir(parents=True)
        write_binary(statistics, str(places["stats"] / f"Split-{split}" / "FeatureStats.pb"))
        anomalies = tfdv.validate_statistics(statistics, schema)
        write_binary(anomalies, str(places["anomalies"] / f"Split-{split}" / "SchemaDiff.pb"))
    places["schema"].mkdir()
    tfdv.write_schema_text(schema, str(places["schema"] / "schema.pbtxt"))
    config = text_format.Parse(
        'model_specs { label_key: "y" prediction_key: "p" } metrics_specs { '
        'metrics { class_name: "ExampleCount" } metrics { class_name: "MeanSquaredError" } '
        'metrics { class_name: "AUC" threshold { value_threshold { lower_bound { value: 0.9 } } } '
        '} metrics { class_name: "CalibrationPlot" } } '
        'slicing_specs {} slicing_specs { feature_keys: "c" }',
        tfma.EvalConfig(),
    )
    frame = pd.DataFrame(
        {"y": [0.0, 1, 1, 0] * 5, "p": [0.2, 0.9, 0.4, 0.6] * 5, "c": ["a", HOSTILE] * 10}
    )
    tfma.analyze_raw_data(frame, config, str(places["eval"]))
    outputs = {
        "statistics": [ArtifactSpec("ExampleStatistics", str(places["stats"]), name="statistics")],
        "anomalies": [ArtifactSpec("ExampleAnomalies", str(places["anomalies"]))],
        "schema": [ArtifactSpec("Schema", str(places["schema"]))],
        "evaluation": [ArtifactSpec("ModelEvaluation", str(places["eval"]))],
        "elsewhere": [ArtifactSpec("Schema", "s3://bucket/schema")],
        "outside": [ArtifactSpec("Examples", "/etc")],
        "gone": [ArtifactSpec("Examples", str(folder / "gone"))],
    }
    with MetadataStore(folder / "metadata.db") as store:
        made = publish(store, "Reports", outputs=outputs)
    return {name: artifacts[0] for name, artifacts in made.outputs.items()}


@pytest.fixture(scope="session")
def filled(tmp_path_factory, small_model):
    """A store that tests read: its folder, and the ids of what is in it."""
    folder = tmp_path_factory.mktemp("ui") / "store"
    run_id = _log_runs(folder)
    _register(folder, small_model, run_id)
    pipeline_runs = _run_pipelines(folder)
    artifacts = _publish_reports(folder)
    return SimpleNamespace(
        folder=folder, run=run_id, pipeline_run=pipeline_runs[0], artifacts=artifacts
    )


class Page:
    """Asks a server of the page."""

    def __init__(self, server, token=""):
        self.server, self.url, self.token = server, server.url, token

    def ask(self, path, body=None, headers=(), method=None):
        """The status, the headers and the body of a reply."""
        given = dict(headers)
        if self.token:
            given.setdefault("Authorization", f"Bearer {self.token}")
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            given.setdefault("Content-Type", "application/json")
        request = urllib.request.Request(self.url + path, data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as reply:
                return reply.status, reply.headers, reply.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def get(self, endpoint, **given):
        """The answer of an endpoint that has one."""
        status, _, body = self.ask(f"/api/{endpoint}?{urllib.parse.urlencode(given)}")
        assert status == 200, body
        return json.loads(body)

    def refused(self, path, body=None, **options):
        """The status and words of an endpoint that refuses."""
        status, _, told = self.ask(path, body, **options)
        assert status >= 400, told
        return status, json.loads(told)["error"]


@pytest.fixture(scope="session")
def page(filled):
    """The page of the filled store, for everybody who reaches it."""
    with UiServer(filled.folder, port=0) as server:
        yield Page(server)


@pytest.fixture
def open_page():
    """Serves the page of a store; takes UiServer's arguments, and the token to send."""
    with contextlib.ExitStack() as stack:

        def start(store, token="", **options):
            return Page(stack.enter_context(UiServer(store, port=0, **options)), token)

        yield start
