"""One node of a run: inputs, condition, cache, work, and what is stored of it."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.pipelines.dsl.placeholders import evaluated
from tidefall.lifecycle.pipelines.dsl.sources import Importer, Resolver
from tidefall.lifecycle.pipelines.failures import invalid, missing
from tidefall.lifecycle.pipelines.orchestration import records as states
from tidefall.lifecycle.pipelines.orchestration.attempt import Attempt, Group
from tidefall.lifecycle.pipelines.orchestration.cache import DIGEST, cache_key
from tidefall.lifecycle.pipelines.orchestration.child import run_in_child
from tidefall.lifecycle.pipelines.types.artifact import Artifact
from tidefall.lifecycle.pipelines.types.channel import OutputChannel

_log = logging.getLogger("tidefall.pipelines")


class Skipped(Exception):
    """A node does not run: its condition is false, or nothing comes from a node before it."""


class Scope:
    """What expressions are evaluated in."""

    def __init__(self, launcher: Launcher, done: dict[str, Group | None]):
        self._launcher, self._done = launcher, done
        self.parameters = launcher.parameters

    def artifacts(self, channel: Any) -> list[Artifact]:
        if not isinstance(channel, OutputChannel):
            return self._launcher.records.of_channel(channel)
        made = self._done.get(channel.producer)
        if made is None:
            raise Skipped(f"{channel.producer} did not run")
        return made.get(str(channel.output_key), [])

    def named(self, kind: str, key: str) -> Any:
        raise invalid(f"{kind}({key!r}) has a meaning only in the command of a container")


class Launcher:
    """Runs nodes of one run of a pipeline."""

    def __init__(self, pipeline: Any, records: states.Records, run_id: str, parameters: Any):
        self.pipeline, self.records, self.run_id = pipeline, records, run_id
        self.parameters = dict(parameters or {})

    def run(self, node: Any, done: dict[str, Group | None]) -> tuple[str, Group]:
        """Run a node, given the outputs of those before it.

        Returns:
            "done" or "cached", and its outputs.

        Raises:
            Skipped: it is not to be run.
        """
        scope = Scope(self, done)
        for upstream in node.upstream_nodes:
            if done.get(upstream.id) is None:
                raise Skipped(f"{upstream.id} did not run")
        for condition in node.conditions:
            if not condition.evaluate(scope):
                raise Skipped(f"{condition.text()} is false")
        inputs: Group = {
            key: [one for channel in channels for one in scope.artifacts(channel)]
            for key, channels in node.input_channels.items()
        }
        inputs = {
            key: found for key, found in inputs.items() if found or isinstance(node, Resolver)
        }
        parameters = {k: evaluated(v, scope) for k, v in node.exec_properties.items()}
        if isinstance(node, Resolver):
            return "done", self._resolve(node, inputs)
        if isinstance(node, Importer):
            return "done", self._import(node, parameters)
        self._check_inputs(node, inputs)
        prepare = getattr(node.executor_class, "prepare", None)
        if prepare is not None:
            parameters = prepare(parameters)
        key = cache_key(
            self.pipeline.id, node.id, node.executor_class, inputs, node.outputs, parameters
        )
        if self.pipeline.enable_cache:
            found = self.records.cached(key)
            if found is not None:
                return "cached", self._take(node, inputs, parameters, found[1])
        return "done", self._execute(node, inputs, parameters, key)

    def _check_inputs(self, node: Any, inputs: Group) -> None:
        for key, parameter in node.spec.INPUTS.items():
            if not parameter.optional and not inputs.get(key):
                raise missing(f"{node.id}: nothing is in its input {key!r}; see what made it")
        for key, artifacts in inputs.items():
            for artifact in artifacts:
                if not os.path.exists(artifact.uri):
                    raise missing(
                        f"{node.id}: input {key!r}, {artifact!r}, is not at its place any more; "
                        "run the node that made it again"
                    )

    def reuse(self, node: Any, execution: int) -> Group:
        """Store that a node's outputs are those of an execution of another run.

        Raises:
            NotFoundError: one is not at its place any more.
        """
        outputs = self.records.outputs(execution)
        for many in outputs.values():
            for artifact in many:
                if not os.path.exists(artifact.uri):
                    raise missing(
                        f"{node.id}: {artifact!r} of an earlier run is not at its place any more; "
                        "run that node too"
                    )
        return self._take(node, {}, {}, outputs)

    def _take(self, node: Any, inputs: Group, parameters: Any, outputs: Group) -> Group:
        execution = self.records.start(
            node.id, self._type(node), self.run_id, self._stored(parameters), inputs
        )
        self.records.publish(execution, outputs, states.CACHED, self.run_id, node.id)
        return outputs

    @staticmethod
    def _type(node: Any) -> str:
        return f"{type(node).__module__}.{type(node).__qualname__}"

    @staticmethod
    def _stored(parameters: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in parameters.items() if value is not None}

    def _resolve(self, node: Resolver, inputs: Group) -> Group:
        chosen = node.strategy.resolve_artifacts(self.records.store, inputs)
        if chosen is None:
            raise Skipped("its strategy found nothing")
        execution = self.records.start(node.id, self._type(node), self.run_id, {}, {})
        self.records.publish(execution, chosen, states.COMPLETE, self.run_id, node.id)
        return chosen

    def _import(self, node: Importer, parameters: dict[str, Any]) -> Group:
        ((key, channel),) = node.outputs.items()
        uri = str(parameters["source_uri"])
        if not os.path.exists(uri):
            raise missing(f"{node.id}: there is nothing at {uri} to import")
        artifact = channel.type()
        artifact.uri = uri
        for name, value in node.properties.items():
            setattr(artifact, name, value)
        artifact.custom_properties.update(node.custom_properties)
        artifact.custom_properties[DIGEST] = content_hash(uri)
        known = None if node.reimport else self.records.at(uri, channel.type_name)
        # What was there before, with other content or properties, stays what it was.
        if known is not None and _described(known) == _described(artifact):
            artifact = known
        execution = self.records.start(node.id, self._type(node), self.run_id, parameters, {})
        made: Group = {key: [artifact]}
        self.records.publish(execution, made, states.COMPLETE, self.run_id, node.id)
        return made

    # --- work -------------------------------------------------------------------------------------

    def _execute(self, node: Any, inputs: Group, parameters: dict[str, Any], key: str) -> Group:
        options = node.node_execution_options
        for attempt in range(1, options.max_attempts + 1):
            execution = self.records.start(
                node.id, self._type(node), self.run_id, self._stored(parameters), inputs
            )
            try:
                return self._attempt(node, inputs, parameters, key, execution, options)
            except Exception as error:
                told = {"error": f"{type(error).__name__}: {error}"[:2000], "attempt": attempt}
                self.records.publish(
                    execution, {}, states.FAILED, self.run_id, node.id, properties=told
                )
                if attempt == options.max_attempts:
                    places = ", ".join(f"{k}: {v}" for k, v in inputs.items()) or "none"
                    error.add_note(
                        f"component {node.id} of pipeline {self.pipeline.id} failed at attempt "
                        f"{attempt} of {options.max_attempts}. Its inputs: {places}. After mending "
                        "it, run the pipeline again: finished steps come from the cache."
                    )
                    raise
                _log.warning("%s failed, attempt %d: %s; trying again", node.id, attempt, error)
                time.sleep(options.retry_delay_seconds * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _attempt(
        self, node: Any, inputs: Group, parameters: dict[str, Any], key: str, execution: int,
        options: Any,
    ) -> Group:  # fmt: skip
        attempt = Attempt(self.pipeline.pipeline_root, node.id, execution)
        outputs = attempt.begin(node.outputs)
        state_dir = attempt.state_dir(key)
        started = time.monotonic()
        try:
            if options.timeout_seconds is None or node.executor_class.keeps_time:
                executor = node.executor_class()
                executor.state_dir = state_dir
                executor.timeout_seconds = options.timeout_seconds
                executor.Do(inputs, outputs, dict(parameters))
            else:
                run_in_child(
                    node, inputs, outputs, parameters, attempt.work, state_dir,
                    options.timeout_seconds,
                )  # fmt: skip
            attempt.seal(outputs, key, time.monotonic() - started)
            whole = attempt.move()
        except BaseException:
            attempt.discard()
            raise
        told = {"wall_seconds": whole.seconds}
        self.records.publish(
            execution, whole.outputs, states.COMPLETE, self.run_id, node.id, key, told
        )
        attempt.end(key)
        return whole.outputs


def _described(artifact: Artifact) -> tuple[dict[str, Any], dict[str, Any]]:
    return artifact.properties, artifact.custom_properties
