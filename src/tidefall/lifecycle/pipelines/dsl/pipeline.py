"""`Pipeline`: nodes in an order that their inputs give."""

from __future__ import annotations

import enum
import os
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tidefall.lifecycle.pipelines.dsl.control import LoopChannel
from tidefall.lifecycle.pipelines.dsl.nodes import BaseNode
from tidefall.lifecycle.pipelines.failures import invalid


class ExecutionMode(enum.Enum):
    """Whether nodes run once, one after another, or go on by themselves (not supported)."""

    SYNC = 1
    ASYNC = 2


@dataclass(frozen=True)
class RunOptions:
    """Which nodes of a pipeline run; what they read of others is taken from an earlier run.

    Args:
        from_nodes: these and all that come after them; all nodes for None.
        to_nodes: these and all that come before them; all nodes for None.
        base_pipeline_run_id: the earlier run; by default the last that has all that is needed.
    """

    from_nodes: Collection[str] | None = None
    to_nodes: Collection[str] | None = None
    base_pipeline_run_id: str | None = None


@dataclass(frozen=True)
class Connection:
    """Where the metadata are: a URL or a file name."""

    url: str


def sqlite_metadata_connection_config(metadata_db_uri: str) -> Connection:
    """Return the connection to a file of SQLite, which is made with its folder if need be."""
    return Connection(os.fspath(metadata_db_uri))


def mysql_metadata_connection_config(
    host: str, port: int, database: str, username: str, password: str
) -> Connection:
    """Return the connection to a database of MySQL."""
    return Connection(f"mysql://{username}:{password}@{host}:{port}/{database}")


class Pipeline:
    """Nodes, and where what they make is put.

    Args:
        pipeline_name: its name in the metadata.
        pipeline_root: the folder of its artifacts.
        metadata_connection_config: where its metadata are; by default `metadata.db` in the root.
        components: its nodes, and none that they depend on may be missing.
        enable_cache: take outputs of earlier runs where inputs, parameters and code are the same.
        beam_pipeline_args, platform_config, execution_mode: for code that gives them; not used.

    Raises:
        InvalidArgumentError: two nodes of one name, a node that is missing, a cycle.
    """

    def __init__(
        self, pipeline_name: str, pipeline_root: str = "", metadata_connection_config: Any = None,
        components: Iterable[BaseNode] = (), enable_cache: bool = False,
        beam_pipeline_args: Any = None, platform_config: Any = None,
        execution_mode: ExecutionMode = ExecutionMode.SYNC,
    ):  # fmt: skip
        del platform_config
        if not pipeline_name:
            raise invalid("a pipeline needs a name")
        if execution_mode != ExecutionMode.SYNC:
            raise invalid(f"pipeline {pipeline_name}: only ExecutionMode.SYNC is supported")
        self.pipeline_name, self.id = pipeline_name, pipeline_name
        self.pipeline_root = os.path.abspath(os.fspath(pipeline_root) or pipeline_name)
        self.metadata_connection_config = metadata_connection_config or Connection(
            os.path.join(self.pipeline_root, "metadata.db")
        )
        self.enable_cache, self.beam_pipeline_args = enable_cache, beam_pipeline_args or []
        self.components = self._sorted(list(dict.fromkeys(components)))

    def _sorted(self, nodes: list[BaseNode]) -> list[BaseNode]:
        by_id: dict[str, BaseNode] = {}
        for node in nodes:
            if by_id.setdefault(node.id, node) is not node:
                raise invalid(
                    f"pipeline {self.id}: two nodes are called {node.id!r}; "
                    f"name one of them by .with_id('...')"
                )
        graph: dict[str, list[str]] = {}
        for node in nodes:
            if node.loop is not None and not hasattr(node, "spec"):
                raise invalid(
                    f"pipeline {self.id}: {node!r} is in a ForEach, where only components are "
                    "possible; put it before the block"
                )
            for channel in (one for many in node.input_channels.values() for one in many):
                if isinstance(channel, LoopChannel) and channel.loop is not node.loop:
                    raise invalid(
                        f"pipeline {self.id}: {node.id} reads {channel!r} outside of its ForEach"
                    )
            for upstream in node.upstream_nodes:
                if by_id.get(upstream.id) is not upstream:
                    raise invalid(
                        f"pipeline {self.id}: {node.id} reads {upstream.id}, which is not among "
                        "the pipeline's components; add it there"
                    )
            graph[node.id] = [upstream.id for upstream in node.upstream_nodes]
        try:
            return [by_id[name] for name in TopologicalSorter(graph).static_order()]
        except CycleError as error:
            cycle = " -> ".join(error.args[1])
            raise invalid(f"pipeline {self.id}: nodes wait for each other: {cycle}") from None
