"""One node of a run: inputs, condition, cache, work, and what is stored of it."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.pipelines.dsl.control import LoopChannel, round_name
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
    """What expressions are evaluated in.

    Args:
        launcher: of the run.
        done: what nodes made.
        loop: the `ForEach` around the node.
        place: the number of the artifact it runs for.
    """

    def __init__(
        self, launcher: Launcher, done: dict[str, Group | None], loop: Any = None, place: int = 0
    ):
        self._launcher, self._done, self._loop, self._place = launcher, done, loop, place
        self.parameters = launcher.parameters

    def artifacts(self, channel: Any) -> list[Artifact]:
        if isinstance(channel, LoopChannel):
            return [self.artifacts(channel.source)[self._place]]
        if not isinstance(channel, OutputChannel):
            return self._launcher.records.of_channel(channel)
        name = channel.producer
        if self._loop is not None and channel.producer_component.loop is self._loop:
            name = round_name(name, self._place)
        made = self._done.get(name)
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
        self._rounds: dict[str, Group | None] = {}
        self._guard = threading.Lock()

    def run(self, node: Any, done: dict[str, Group | None]) -> tuple[str, Group]:
        """Run a node, given the outputs of those before it.

        Returns:
            "done" or "cached", and its outputs.

        Raises:
            Skipped: it is not to be run.
        """
        for upstream in node.upstream_nodes:
            if done.get(upstream.id) is None:
                raise Skipped(f"{upstream.id} did not run")
        if node.loop is None:
            return self._run_once(node, Scope(self, done), node.id)
        with self._guard:
            known = {**self._rounds, **done}
        count = len(Scope(self, known).artifacts(node.loop.source))
        made: dict[int, Group] = {}
        states_of = set()
        for place in range(count):
            name = round_name(node.id, place)
            group = done.get(name)
            try:
                if group is None:
                    scope = Scope(self, known, node.loop, place)
                    state, group = self._run_once(node, scope, name)
                    states_of.add(state)
                made[place] = group
            except Skipped as skipped:
                _log.info("%s: %s", name, skipped)
            with self._guard:
                self._rounds[name] = made.get(place)
        if not made:
            raise Skipped("there is no artifact for which it would run")
        whole = {
            key: [one for group in made.values() for one in group.get(key, [])]
            for key in node.outputs
        }
        whole = self._take(node, {}, {"rounds": len(made)}, whole)
        return ("cached" if states_of == {"cached"} else "done"), whole

    def _run_once(self, node: Any, scope: Scope, name: str) -> tuple[str, Group]:
        """Run a node, under a name in the store: its own, or that of one round of a loop."""
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
                return "cached", self._take(node, inputs, parameters, found[1], name)
        return "done", self._execute(node, inputs, parameters, key, name)

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

    def _take(
        self, node: Any, inputs: Group, parameters: Any, outputs: Group, name: str = ""
    ) -> Group:
        name = name or node.id
        execution = self.records.start(
            name, self._type(node), self.run_id, self._stored(parameters), inputs
        )
        self.records.publish(execution, outputs, states.CACHED, self.run_id, name)
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

    def _execute(
        self, node: Any, inputs: Group, parameters: dict[str, Any], key: str, name: str
    ) -> Group:
        options = node.node_execution_options
        for attempt in range(1, options.max_attempts + 1):
            execution = self.records.start(
                name, self._type(node), self.run_id, self._stored(parameters), inputs
            )
            try:
                return self._attempt(node, inputs, parameters, key, execution, name)
            except Exception as error:
                told = {"error": f"{type(error).__name__}: {error}"[:2000], "attempt": attempt}
                self.records.publish(
                    execution, {}, states.FAILED, self.run_id, name, properties=told
                )
                if attempt == options.max_attempts:
                    places = ", ".join(f"{k}: {v}" for k, v in inputs.items()) or "none"
                    error.add_note(
                        f"component {name} of pipeline {self.pipeline.id} failed at attempt "
                        f"{attempt} of {options.max_attempts}. Its inputs: {places}. After mending "
                        "it, run the pipeline again: finished steps come from the cache."
                    )
                    raise
                _log.warning("%s failed, attempt %d: %s; trying again", name, attempt, error)
                time.sleep(options.retry_delay_seconds * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _attempt(
        self, node: Any, inputs: Group, parameters: dict[str, Any], key: str, execution: int,
        name: str,
    ) -> Group:  # fmt: skip
        options = node.node_execution_options
        attempt = Attempt(self.pipeline.pipeline_root, name, execution)
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
            execution, whole.outputs, states.COMPLETE, self.run_id, name, key, told
        )
        attempt.end(key)
        return whole.outputs


def _described(artifact: Artifact) -> tuple[dict[str, Any], dict[str, Any]]:
    return artifact.properties, artifact.custom_properties
