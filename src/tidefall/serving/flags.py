"""The flags of the command line, called as those of `tensorflow_model_server`."""

from __future__ import annotations

import argparse
import difflib
import os
from collections.abc import Sequence
from typing import Any, NoReturn

from tidefall.serving.http.parser import Limits

# Flags of tensorflow_model_server that have nothing behind them yet.
_NOT_IMPLEMENTED = frozenset(
    {
        "allow_version_labels_for_unavailable_models",
        "batching_parameters_file",
        "enable_batching",
        "enable_grpc_healthcheck_service",
        "enable_model_warmup",
        "enable_per_model_batching_parameters",
        "enable_profiler",
        "enable_serialization_as_tensor_content",
        "enable_signature_method_name_check",
        "flush_filesystem_caches",
        "grpc_channel_arguments",
        "grpc_max_threads",
        "grpc_socket_path",
        "load_retry_interval_micros",
        "max_num_load_retries",
        "mixed_precision",
        "model_config_file",
        "model_config_file_poll_wait_seconds",
        "monitoring_config_file",
        "num_load_threads",
        "num_request_iterations_for_warmup",
        "num_tflite_interpreters_per_pool",
        "num_tflite_pools",
        "num_unload_threads",
        "per_process_gpu_memory_fraction",
        "platform_config_file",
        "prefer_tflite_model",
        "remove_unused_fields_from_bundle_metagraph",
        "rest_api_enable_cors_support",
        "saved_model_tags",
        "skip_initialize_tpu",
        "ssl_config_file",
        "tensorflow_inter_op_parallelism",
        "tensorflow_intra_op_parallelism",
        "tensorflow_session_config_file",
        "tensorflow_session_parallelism",
        "thread_pool_factory_config_file",
        "use_alts_credentials",
        "xla_cpu_compilation_enabled",
        "xla_gpu_compilation_enabled",
    }
)


class _Parser(argparse.ArgumentParser):
    flags: set[str]

    def error(self, message: str) -> NoReturn:
        """Ends the program with one line, where argparse would print the whole usage first."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="tidefall.serving",
        description="Serves a SavedModel over TensorFlow Serving's REST API.",
        allow_abbrev=False,
    )
    parser.flags = {"help"}

    def add(name: str, **options: Any) -> None:
        parser.add_argument(name, **options)
        parser.flags.add(name.removeprefix("--"))

    add("--model_name", default="default", help="the model's name in requests")
    add("--model_base_path", required=True, help="the folder around the numbered versions")
    add("--host", default="127.0.0.1", help='address to listen on; "" for all (%(default)s)')
    add("--rest_api_port", type=int, default=8501, help="port; 0 for a free one (%(default)s)")
    add("--port", type=int, default=0, help="port for gRPC, which is not implemented: 0")
    add("--rest_api_num_threads", type=int, default=_default_threads(), help="(%(default)s)")
    add("--rest_api_timeout_in_ms", type=int, default=30_000, help="(%(default)s)")
    add("--rest_api_max_body_bytes", type=int, default=Limits().body, help="(%(default)s)")
    add(
        "--file_system_poll_wait_seconds",
        type=float,
        default=1.0,
        help="pause between looks for new versions; 0 looks once (%(default)s)",
    )
    add(
        "--trust_aot",
        action="store_true",
        help="run programs that saved_model_cli aot_compile stored beside models: machine code",
    )
    add("--drain_seconds", type=float, default=30.0, help="time to finish requests (%(default)s)")
    add(
        "--exit_when_stdin_closes",
        action="store_true",
        help="stop when standard input ends, as it does when the parent process ends",
    )
    return parser


def _default_threads() -> int:
    return max(4, os.cpu_count() or 1)


def parse_flags(arguments: Sequence[str]) -> argparse.Namespace:
    """The flags of a command line; ends the program with a message where they make no sense."""
    parser = _parser()
    known = parser.flags
    for argument in arguments:
        name = argument.partition("=")[0].lstrip("-")
        if not argument.startswith("--") or name in known:
            continue
        if name in _NOT_IMPLEMENTED:
            parser.error(f"flag --{name} is not implemented")
        close = difflib.get_close_matches(name, known, n=1)
        parser.error(f"unknown flag --{name}" + (f"; did you mean --{close[0]}?" if close else ""))
    flags = parser.parse_args(arguments)
    for name in ("rest_api_num_threads", "rest_api_timeout_in_ms", "rest_api_max_body_bytes"):
        if getattr(flags, name) <= 0:
            parser.error(f"--{name} must be positive, received {getattr(flags, name)}")
    if not 0 <= flags.rest_api_port <= 65535:
        parser.error(f"--rest_api_port must be 0 to 65535, received {flags.rest_api_port}")
    if flags.port:
        parser.error(f"--port={flags.port}: gRPC is not implemented; leave --port at 0")
    return flags
