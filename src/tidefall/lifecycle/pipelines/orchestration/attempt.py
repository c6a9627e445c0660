"""The outputs of an execution: from a temporary folder to their places, also after a kill between.

A step writes into `<root>/<node>/.system/<execution>/<output>`. Once it has ended, a record beside
the outputs says that they are whole, and with which content; then they are moved, then published.
Whoever finds such a record goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from typing import Any

from tidefall.io.file_systems.whole_files import sync_folder, whole_file
from tidefall.lifecycle.metadata.hashing import content_hash
from tidefall.lifecycle.pipelines.failures import missing
from tidefall.lifecycle.pipelines.orchestration.cache import DIGEST
from tidefall.lifecycle.pipelines.types.artifact import (
    Artifact,
    ValueArtifact,
    artifact_from_json,
)

_RECORD = "whole.json"
Group = dict[str, list[Artifact]]


@dataclass(frozen=True)
class Whole:
    """What a step made, at its places.

    Attributes:
        outputs: artifacts by key, not yet in the store.
        key: the step's cache key.
        seconds: how long it worked.
    """

    outputs: Group
    key: str
    seconds: float


class Attempt:
    """The folders of one execution of a node.

    Args:
        root: the pipeline's root.
        node: the node's name.
        execution: its number in the store.
    """

    def __init__(self, root: str, node: str, execution: int):
        self._base, self._node, self._execution = os.path.join(root, node), node, str(execution)
        self.work = os.path.join(self._base, ".system", self._execution)

    def state_dir(self, key: str) -> str:
        """Return the folder of what outlives a kill; the same for all attempts of a cache key."""
        return os.path.join(self._base, ".state", key[:32])

    def begin(self, channels: Any) -> Group:
        """Return the outputs that the step is to write, in the temporary folder."""
        shutil.rmtree(self.work, ignore_errors=True)
        outputs: Group = {}
        for name, channel in channels.items():
            artifact = channel.type()
            folder = os.path.join(self.work, name)
            os.makedirs(folder)
            is_value = isinstance(artifact, ValueArtifact)
            artifact.uri = os.path.join(folder, "value") if is_value else folder
            outputs[name] = [artifact]
        os.makedirs(self.work, exist_ok=True)
        return outputs

    def seal(self, outputs: Group, key: str, seconds: float) -> None:
        """Record that the outputs are whole.

        Raises:
            NotFoundError: one was not written.
        """
        told: dict[str, Any] = {}
        for name, (artifact,) in outputs.items():
            if not os.path.exists(artifact.uri):
                raise missing(f"{self._node} wrote nothing for its output {name!r}")
            artifact.custom_properties[DIGEST] = content_hash(artifact.uri)
            within = os.path.relpath(artifact.uri, os.path.join(self.work, name))
            told[name] = artifact.to_json_dict() | {
                "uri": os.path.normpath(os.path.join(self._place(name), within))
            }
        record = {"outputs": told, "key": key, "seconds": seconds}
        with whole_file(os.path.join(self.work, _RECORD)) as file:
            file.write(json.dumps(record, default=repr).encode())

    def _place(self, name: str) -> str:
        return os.path.join(self._base, name, self._execution)

    def move(self) -> Whole:
        """Move the outputs to their places, those that are not there yet."""
        with open(os.path.join(self.work, _RECORD), "rb") as file:
            record = json.load(file)
        outputs: Group = {}
        for name, told in record["outputs"].items():
            source, place = os.path.join(self.work, name), self._place(name)
            if os.path.exists(source):
                os.makedirs(os.path.dirname(place), exist_ok=True)
                shutil.rmtree(place, ignore_errors=True)
                os.rename(source, place)
                sync_folder(os.path.dirname(place))
            outputs[name] = [artifact_from_json(told)]
        return Whole(outputs, record["key"], record["seconds"])

    def take_up(self) -> Whole | None:
        """Return what a killed execution made, if all of it is there with the content recorded."""
        if not os.path.exists(os.path.join(self.work, _RECORD)):
            return None
        whole = self.move()
        for (artifact,) in whole.outputs.values():
            digest = artifact.custom_properties[DIGEST]
            if not os.path.exists(artifact.uri) or content_hash(artifact.uri) != digest:
                return None
        return whole

    def end(self, key: str) -> None:
        """Remove what is needed no more, now that the outputs are in the store."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.rmtree(self.state_dir(key), ignore_errors=True)

    def discard(self) -> None:
        """Remove all that the execution wrote; what outlives a kill stays."""
        for name in os.listdir(self._base) if os.path.isdir(self._base) else ():
            shutil.rmtree(os.path.join(self._base, name, self._execution), ignore_errors=True)
