"""Pipelines for other orchestrators: an Airflow DAG, an Argo workflow, a Kubeflow pipeline, a
Ray job.

A `Pipeline` and the file that defines it enter; a text leaves. Each task runs
`tidefall pipeline run-node`, so that cache, metadata and retries are those of the local runner.
"""

from __future__ import annotations

from tidefall.lifecycle.pipelines.compile.targets import TARGETS, compile_pipeline

__all__ = ["TARGETS", "compile_pipeline"]
