"""How pipelines run: `LocalDagRunner`, and what it keeps in the metadata store.

A `Pipeline` enters, a `RunResult` leaves. Read `local_dag_runner.py`, then `launcher.py`.
"""

from __future__ import annotations

from types import SimpleNamespace

from tidefall.lifecycle.pipelines.dsl import pipeline
from tidefall.lifecycle.pipelines.orchestration.kubeflow_v2_dag_runner import (
    KubeflowV2DagRunner,
    KubeflowV2DagRunnerConfig,
)
from tidefall.lifecycle.pipelines.orchestration.local_dag_runner import LocalDagRunner, RunResult

metadata = SimpleNamespace(
    sqlite_metadata_connection_config=pipeline.sqlite_metadata_connection_config,
    mysql_metadata_connection_config=pipeline.mysql_metadata_connection_config,
    ConnectionConfigType=pipeline.Connection,
)
experimental = SimpleNamespace(
    KubeflowV2DagRunner=KubeflowV2DagRunner, KubeflowV2DagRunnerConfig=KubeflowV2DagRunnerConfig
)

__all__ = ["LocalDagRunner", "RunResult", "experimental", "metadata", "pipeline"]
