"""Trains again where there is reason to: rows, pipeline, comparison, registry, release.

As with releases, what is done stands in the registry's audit log, and is all the state there is: a
retraining that was killed is taken up where it was.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.lifecycle.monitoring.reports import Window
from tidefall.lifecycle.monitoring.store import MonitoringStore, open_store
from tidefall.lifecycle.registry.records import ModelVersion
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.release.fleet import Fleet, read_token
from tidefall.lifecycle.release.plan import read_plan
from tidefall.lifecycle.release.runner import Runner, only_one
from tidefall.lifecycle.retrain.comparison import Compared, compare
from tidefall.lifecycle.retrain.plan import RetrainPlan
from tidefall.lifecycle.retrain.rows import TRAIN, write_rows
from tidefall.lifecycle.retrain.triggers import Decision, decide
from tidefall.serving.rollout.audit import audit_entries

ENDS = ("retrain.done", "retrain.refused", "retrain.failed")
TAG = "retraining"


class Retraining:
    """What trains one model again.

    Args:
        plan: when and how.
        registry: where versions are.
        load_pipeline: makes the pipeline of a file.
        tell: is given a line for each thing that happens.
    """

    def __init__(
        self,
        plan: RetrainPlan,
        registry: Registry,
        load_pipeline: Callable[[str], Any],
        tell: Callable[[str], None],
    ) -> None:
        self.plan, self.registry, self._load, self._tell = plan, registry, load_pipeline, tell

    def decide(self) -> Decision:
        """Return what the triggers say now."""
        return decide(self.plan, self._store(), self._live())

    def run(self, force: str = "") -> str:
        """Train again, if there is reason to; what was cut short is taken up.

        Args:
            force: a reason of somebody's own.

        Returns:
            "not needed", "refused" where the new version is no better, "trained" where no release
            is asked for, "promoted" or "rolled back".

        Raises:
            AbortedError: another process does this for the model.
            FailedPreconditionError: there are too few labelled rows.
            Exception: what the pipeline raised.
        """
        with only_one(self.registry.folder, f"{self.plan.model}.retraining"):
            entries = self._entries()
            begun = entries.get("retrain.begin")
            if begun is None:
                begun = self._begin(force)
                if begun is None:
                    return "not needed"
            else:
                self._tell(f"retraining {begun['retraining']} goes on")
            try:
                return self._go(begun, entries)
            except errors.AbortedError:
                raise  # Somebody else is at it.
            except Exception as error:
                self._write("retrain.failed", begun["retraining"], error=str(error)[:500])
                raise

    def _store(self) -> MonitoringStore:
        store = open_store(self.plan.monitoring, must_exist=not self.plan.log)
        if self.plan.log:
            store.ingest(self.plan.log)
        return store

    def _live(self) -> ModelVersion:
        return self.registry.version(self.plan.model, "Production")

    def _entries(self) -> dict[str, dict[str, Any]]:
        """The details of the entries of the retraining that goes on, by action; {} for none."""
        found: dict[str, dict[str, Any]] = {}
        if not self.registry.audit_path.exists():
            return found
        for entry in audit_entries(self.registry.audit_path):
            if entry["model"] != self.plan.model or not entry["action"].startswith("retrain."):
                continue
            if entry["action"] in ENDS:
                found = {}
            else:
                found[entry["action"]] = entry["details"]
        return found

    def _last_begin(self) -> tuple[int, float]:
        """How many retrainings there were, and when the last one began."""
        count, last = 0, 0.0
        for entry in audit_entries(self.registry.audit_path):
            if entry["model"] == self.plan.model and entry["action"] == "retrain.begin":
                count, last = count + 1, float(entry["details"]["until"])
        return count, last

    def _write(self, action: str, name: str, **details: Any) -> dict[str, Any]:
        self.registry.record(action, self.plan.model, "register", retraining=name, **details)
        shown = {k: v for k, v in details.items() if k not in ("plan", "figures")}
        words = ", ".join(f"{key} {value}" for key, value in shown.items())
        self._tell(f"{action.removeprefix('retrain.')} {words}")
        return {"retraining": name, **details}

    def _begin(self, force: str) -> dict[str, Any] | None:
        plan, live = self.plan, self._live()
        count, last = self._last_begin()
        until = time.time()
        if not force and until - last < plan.cooldown:
            self._tell(f"the last one began {until - last:.0f} s ago; {plan.cooldown:g} s are asked")
            return None
        if force:
            decision = Decision((f"asked for: {force}",))
        else:
            decision = self.decide()
        if not decision.reasons:
            self._tell(f"no reason to: {decision.figures}")
            return None
        return self._write(
            "retrain.begin",
            f"{plan.model}-{count + 1}",
            reasons=decision.reasons,
            figures=decision.figures,
            live=live.number,
            until=until,
            code=hashlib.sha256(Path(plan.pipeline).read_bytes()).hexdigest(),
            plan=plan.as_json(),
        )

    def folder(self, name: str) -> Path:
        """Return where a retraining keeps its rows."""
        return self.registry.folder / "retraining" / name

    def _go(self, begun: dict[str, Any], entries: dict[str, dict[str, Any]]) -> str:
        name, live = begun["retraining"], self.registry.version(self.plan.model, begun["live"])
        data = self.folder(name)
        data.parent.mkdir(parents=True, exist_ok=True)
        wanted = self.plan.data
        window = Window(begun["until"] - wanted.window, begun["until"])
        rows = write_rows(
            self._store(), self.plan.model, window, data, wanted.holdout, wanted.minimum
        )
        version = self._trained(name, begun, live, data, rows, entries)
        compared = self._compared(name, version, live, data, entries)
        if not compared["passed"]:
            self._write("retrain.refused", name, version=version.number, gain=compared["gain"])
            return "refused"
        if not self.plan.release:
            self._write("retrain.done", name, version=version.number, ended="trained")
            return "trained"
        release = read_plan(self.plan.release)
        fleet = Fleet(release.servers, read_token(release.token_file), release.ca_file)
        runner = Runner(release, self.registry, fleet, self._tell)
        ended = runner.run(version.number, live.number)
        self._write("retrain.done", name, version=version.number, ended=ended)
        return ended

    def _trained(
        self,
        name: str,
        begun: dict[str, Any],
        live: ModelVersion,
        data: Path,
        rows: dict[str, Any],
        entries: dict[str, dict[str, Any]],
    ) -> ModelVersion:
        """The version that the pipeline makes, registered once."""
        plan = self.plan
        for version in self.registry.versions(plan.model):
            if version.tags.get(TAG) == name:
                break
        else:
            parameters = pipeline_parameters(plan, data, self.registry.path(live))
            uri, run_id = train(self._load(plan.pipeline), plan, parameters)
            version = self.registry.register(
                plan.model,
                saved_model(uri),
                description=f"Trained again: {'; '.join(begun['reasons'])}"[:1000],
                tags={TAG: name, "pipeline_run": run_id},
                execution=self._execution(uri),
            )
        if "retrain.trained" not in entries:
            self._write(
                "retrain.trained", name, version=version.number, data=rows["sha256"],
                rows=rows["rows"], run=version.tags["pipeline_run"],
            )  # fmt: skip
        return version

    def _execution(self, uri: str) -> int | None:
        """The execution that made a model, where the pipeline's records are in this store."""
        from tidefall.lifecycle.metadata.store import MetadataStore
        from tidefall.proto import mlmd

        store = MetadataStore(self.registry.database)
        artifacts = store.get_artifacts_by_uri(uri)
        events = store.get_events_by_artifact_ids([artifact.id for artifact in artifacts])
        made = [e.execution_id for e in events if e.type == mlmd.Event.OUTPUT]
        return made[-1] if made else None

    def _compared(
        self,
        name: str,
        version: ModelVersion,
        live: ModelVersion,
        data: Path,
        entries: dict[str, dict[str, Any]],
    ) -> dict[str, Any]:
        if "retrain.compared" in entries:
            return entries["retrain.compared"]
        path = self.registry.path
        found: Compared = compare(self.plan.compare, data, path(live), path(version))
        return self._write(
            "retrain.compared", name, version=version.number, live=live.number,
            metric=self.plan.compare.metric, compared=found.as_json(), passed=found.passed,
            gain=found.gain,
        )  # fmt: skip


def pipeline_parameters(plan: RetrainPlan, data: Path, live: Path) -> dict[str, str]:
    """Return what the pipeline is given."""
    found = {**plan.parameters, plan.data.parameter: str(data / TRAIN)}
    if plan.warm_start:
        found[plan.warm_start] = str(live)
    return found


def train(pipeline: Any, plan: RetrainPlan, parameters: dict[str, str]) -> tuple[str, str]:
    """Return where a pipeline puts its model, and the run's name.

    Raises:
        InvalidArgumentError: the pipeline has no such node or output.
        Exception: what a node raised.
    """
    from tidefall.lifecycle.pipelines.orchestration.local_dag_runner import LocalDagRunner

    result = LocalDagRunner(view="none").run(pipeline, None, parameters)
    made = result.outputs.get(plan.node, {}).get(plan.output)
    if not made:
        known = ", ".join(f"{n}.{key}" for n, group in result.outputs.items() for key in group)
        message = f"{plan.pipeline}: no output {plan.node}.{plan.output}; there are {known}"
        raise errors.InvalidArgumentError(None, None, message)
    return made[0].uri, result.run_id


def saved_model(uri: str) -> str:
    """Return the SavedModel's folder within a model artifact's."""
    serving = Path(uri) / "Format-Serving"
    return str(serving if serving.is_dir() else uri)
