"""`KubeflowV2DagRunner`: a pipeline's file for Kubeflow Pipelines, as TFX calls it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tidefall.io.file_systems.whole_files import whole_file
from tidefall.lifecycle.pipelines.failures import invalid


@dataclass(frozen=True)
class KubeflowV2DagRunnerConfig:
    """What the file says beside the pipeline.

    Attributes:
        display_name: accepted; Kubeflow shows the pipeline's own name.
        default_image: the image of tasks, in which tidefall and the pipeline's file are.
        default_commands: not possible; tasks run `tidefall pipeline run-node`.
        pipeline_file: the file that defines the pipeline, where tasks find it; by default the
            program that runs.
    """

    display_name: str | None = None
    default_image: str = "tidefall:latest"
    default_commands: Any = None
    pipeline_file: str | None = None


class KubeflowV2DagRunner:
    """Writes a pipeline as Kubeflow Pipelines takes it; a cluster runs it.

    Args:
        config: the image, and where tasks find the pipeline.
        output_dir: the folder of the file; by default the current one.
        output_filename: its name; two documents of YAML, which JSON is.

    Raises:
        InvalidArgumentError: the configuration has commands.
    """

    def __init__(
        self,
        config: KubeflowV2DagRunnerConfig,
        output_dir: str | None = None,
        output_filename: str | None = None,
    ):
        if config.default_commands is not None:
            raise invalid("KubeflowV2DagRunner: default_commands; tasks run `run-node`")
        self._config = config
        self._place = os.path.join(output_dir or ".", output_filename or "pipeline.json")

    def run(
        self, pipeline: Any, parameter_values: Mapping[str, Any] | None = None,
        write_out: bool | None = True,
    ) -> dict[str, Any]:  # fmt: skip
        """Write the file.

        Args:
            pipeline: a `Pipeline`.
            parameter_values: not possible; `RuntimeParameter`s have their defaults in tasks.
            write_out: whether the file is written.

        Returns:
            The `PipelineSpec`, the first of the file's documents.

        Raises:
            InvalidArgumentError: values are given, or no file defines the pipeline.
        """
        from tidefall.lifecycle.pipelines.compile import compile_pipeline

        if parameter_values:
            raise invalid("KubeflowV2DagRunner.run: parameter_values; give them as defaults")
        program = getattr(sys.modules["__main__"], "__file__", None)
        file = self._config.pipeline_file or program
        if not file:
            raise invalid("no program defines the pipeline; pipeline_file says where tasks find it")
        text = compile_pipeline(
            pipeline, "kubeflow", os.path.abspath(file), self._config.default_image
        )
        if write_out:
            os.makedirs(os.path.dirname(os.path.abspath(self._place)), exist_ok=True)
            with whole_file(self._place) as target:
                target.write(text.encode())
        return json.loads(text.partition("\n---\n")[0])
