"""The flags of the command line, called as those of `tensorflow_model_server`."""

from __future__ import annotations

import argparse
import difflib
import math
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from tidefall import __version__
from tidefall.serving.flag_types import SWITCH, channel_arguments, names
from tidefall.serving.grpc_api.settings import GrpcSettings
from tidefall.serving.http.parser import Limits
from tidefall.serving.models.saved_model import DEFAULT_TAGS
from tidefall.serving.operations.process import usable_cpus
from tidefall.serving.refused_flags import why_refused

GRPC_PORT = 8500

_NOT_NEGATIVE = (
    "num_load_threads",
    "num_unload_threads",
    "max_num_load_retries",
    "total_model_memory_limit_bytes",
    "drain_seconds",
    "shutdown_delay_seconds",
    "tensorflow_intra_op_parallelism",
    "tensorflow_inter_op_parallelism",
    "tensorflow_session_parallelism",
)

_POSITIVE = (
    "rest_api_num_threads",
    "rest_api_timeout_in_ms",
    "rest_api_max_body_bytes",
    "grpc_max_threads",
    "grpc_max_requests",
    "grpc_max_message_bytes",
    "quarantine_max_bytes",
)


class _Parser(argparse.ArgumentParser):
    flags: set[str]

    def error(self, message: str) -> NoReturn:
        """Ends the program with one line, where argparse would print the whole usage first."""
        self.exit(2, f"{self.prog}: {message}\n")


def _parser() -> _Parser:
    parser = _Parser(
        prog="tidefall.serving",
        description="Serves SavedModels over TensorFlow Serving's REST and gRPC APIs.",
        allow_abbrev=False,
    )
    parser.flags = {"help", "version"}
    parser.add_argument("--version", action="version", version=f"Tidefall {__version__}")

    def add(name: str, **options: Any) -> None:
        parser.add_argument(name, **options)
        parser.flags.add(name.removeprefix("--"))

    _add_model_flags(add)
    add("--host", default="127.0.0.1", help='address to listen on; "" for all (%(default)s)')
    add("--rest_api_port", type=int, default=8501, help="port; 0 for a free one (%(default)s)")
    _add_grpc_flags(add)
    add("--rest_api_num_threads", type=int, default=_default_threads(), help="(%(default)s)")
    add("--rest_api_timeout_in_ms", type=int, default=30_000, help="(%(default)s)")
    add("--rest_api_enable_cors_support", **SWITCH, help="let pages of other origins use it")
    add("--rest_api_max_body_bytes", type=int, default=Limits().body, help="(%(default)s)")
    add(
        "--trust_aot",
        action="store_true",
        help="run programs that saved_model_cli aot_compile stored beside models: machine code",
    )
    add(
        "--op_library",
        action="append",
        default=[],
        metavar="LIBRARY",
        help="a shared library of custom ops, or a module that defines some; may be repeated",
    )
    add(
        "--trusted_keys_file",
        default="",
        help="PEM file with Ed25519 public keys; only versions that one of them signed are loaded",
    )
    add("--model_decryption_key_file", default="", help="the key of versions encrypted at rest")
    add("--drain_seconds", type=float, default=30.0, help="time to finish requests (%(default)s)")
    add(
        "--exit_when_stdin_closes",
        action="store_true",
        help="stop when standard input ends, as it does when the parent process ends",
    )
    _add_batching_flags(add)
    _add_rollout_flags(add)
    _add_operations_flags(add)
    _add_computing_flags(add)
    return parser


def _add_rollout_flags(add: Callable[..., None]) -> None:
    add(
        "--state_dir",
        default="",
        help="folder for the audit log, the state of rollouts and recorded differences; in memory "
        "without",
    )
    add("--rollout_config_file", default="", help="JSON file of traffic splits, canaries, shadows")
    add(
        "--rollout_config_file_poll_wait_seconds",
        type=float,
        default=0.0,
        help="pause between looks at that file; 0 reads it once (%(default)s)",
    )
    add("--recordings_dir", default="", help="folder of recorded requests that may be replayed")
    add("--admin_token_file", default="", help="bearer tokens of the admin API, closed without")


def _add_model_flags(add: Callable[..., None]) -> None:
    """Which models are served, and how they are loaded."""
    add("--model_name", default="default", help="the model's name in requests")
    add("--model_base_path", default="", help="the folder around the numbered versions, or its URL")
    add(
        "--model_config_file",
        default="",
        help="serve the models of this file, a ModelServerConfig in text format, instead",
    )
    add(
        "--model_config_file_poll_wait_seconds",
        type=float,
        default=0.0,
        help="pause between looks at that file; 0 reads it again only on SIGHUP (%(default)s)",
    )
    add(
        "--allow_version_labels_for_unavailable_models",
        **SWITCH,
        help="let new labels name versions that are not available yet (%(default)s)",
    )
    add(
        "--file_system_poll_wait_seconds",
        type=float,
        default=1.0,
        help="pause between looks for new versions; 0 looks once (%(default)s)",
    )
    add(
        "--num_load_threads",
        type=int,
        default=0,
        help="models that load at a time; 0 for up to 16 (%(default)s)",
    )
    add(
        "--num_unload_threads",
        type=int,
        default=0,
        help="versions that unload at a time; 0 for one (%(default)s)",
    )
    add(
        "--max_num_load_retries",
        type=int,
        default=5,
        help="tries after the first for a version that fails to load (%(default)s)",
    )
    add(
        "--load_retry_interval_micros",
        type=int,
        default=60_000_000,
        help="the pause before each of them; negative for none (%(default)s)",
    )
    add(
        "--enable_model_warmup",
        **SWITCH | {"default": True},
        help="answer the requests in a version's assets.extra/tf_serving_warmup_requests before "
        "it is given to clients (%(default)s)",
    )
    add(
        "--num_request_iterations_for_warmup",
        type=int,
        default=1,
        help="how often each of them is answered (%(default)s)",
    )
    add(
        "--model_cache_folder",
        default="",
        help="where versions from other file systems (gs://, s3://, ...) are copied to while they "
        "are loaded; the system's folder for temporary files if not given",
    )
    add(
        "--flush_filesystem_caches",
        **SWITCH | {"default": True},
        help="taken for compatibility: what remote file systems say is never kept, so there is "
        "nothing to flush",
    )
    add(
        "--total_model_memory_limit_bytes",
        type=int,
        default=0,
        help="memory for all models; a version that would not fit is refused. 0 for what the "
        "container or machine has",
    )
    add(
        "--saved_model_tags",
        type=names,
        default=DEFAULT_TAGS,
        help="tags of the graph to load, separated by commas (serve)",
    )
    add(
        "--enable_signature_method_name_check",
        **SWITCH,
        help="refuse Classify, Regress and Predict where a signature's method_name is another, as "
        "it is in most models of TensorFlow 2 (%(default)s)",
    )
    add(
        "--remove_unused_fields_from_bundle_metagraph",
        **SWITCH | {"default": True},
        help="taken for compatibility: nothing is kept of the graph that is not used",
    )


def _add_grpc_flags(add: Callable[..., None]) -> None:
    """How models are served over gRPC."""
    defaults = GrpcSettings()
    add(
        "--port",
        type=int,
        help=f"port for gRPC; 0 for none ({GRPC_PORT} where the package grpcio is installed)",
    )
    add("--grpc_socket_path", default="", help="a UNIX socket to serve gRPC on as well")
    add(
        "--grpc_channel_arguments",
        type=channel_arguments,
        default=(),
        help="gRPC's own options, as in grpc.max_connection_age_ms=2000,grpc.keepalive_time_ms=500",
    )
    add(
        "--grpc_max_threads",
        type=int,
        default=defaults.threads,
        help="gRPC requests that are worked on at a time (%(default)s)",
    )
    add(
        "--grpc_max_requests",
        type=int,
        default=defaults.requests,
        help="gRPC requests there may be, waiting ones among them (%(default)s)",
    )
    add(
        "--grpc_max_message_bytes",
        type=int,
        default=defaults.message_bytes,
        help="the longest gRPC message that is accepted (%(default)s)",
    )
    for name, what in (
        ("--enable_grpc_healthcheck_service", "answer gRPC's health service"),
        ("--enable_grpc_reflection", "describe the services to tools such as grpcurl"),
        ("--enable_serialization_as_tensor_content", "send outputs as tensor_content: faster"),
    ):
        add(name, **SWITCH, help=f"{what} (%(default)s)")


def _add_batching_flags(add: Callable[..., None]) -> None:
    add("--enable_batching", **SWITCH, help="run requests together in batches")
    add(
        "--batching_parameters_file",
        default="",
        help="a BatchingParameters message as text; without it, sizes and delays are found for "
        "--batching_latency_target_ms (TensorFlow Serving: fixed defaults)",
    )
    add(
        "--enable_per_model_batching_parameters",
        **SWITCH,
        help="read the parameters from batching_params.pbtxt in each version's directory; "
        "versions without it are not batched",
    )
    add(
        "--batching_latency_target_ms",
        type=float,
        default=50.0,
        help="what 99 in 100 requests are to stay under (%(default)s)",
    )


def _add_operations_flags(add: Callable[..., None]) -> None:
    add(
        "--inference_token_file", default="", help="bearer tokens of the models' APIs, open without"
    )
    add(
        "--ssl_config_file",
        default="",
        help="an SSLConfig message as text: TLS for REST and gRPC (TensorFlow Serving: gRPC only). "
        "Keys may stand in it or in files it names, and are read again when they change",
    )
    add(
        "--monitoring_config_file",
        default="",
        help="a MonitoringConfig message as text; metrics are at its path, and always at /metrics",
    )
    add("--request_log", default="", help='file for JSON lines about requests; "-" for stderr')
    add(
        "--request_log_rate",
        type=float,
        default=1.0,
        help="how many requests, 0 to 1 (%(default)s)",
    )
    add("--request_log_values", **SWITCH, help="write the values of tensors too")
    add(
        "--record_requests_to",
        default="",
        help="record answered requests, as PredictionLog messages to be replayed, in the file of "
        "this name with .tfrecord behind it; a model's logging_config comes first",
    )
    add("--record_requests_rate", type=float, default=1.0, help="how many, 0 to 1 (%(default)s)")
    add(
        "--quarantine_file",
        default="",
        help="file for requests that break the schema of their model, with the reasons",
    )
    add("--quarantine_max_bytes", type=int, default=1 << 30, help="of that file (%(default)s)")
    add(
        "--monitoring_log",
        default="",
        help="folder for requests and answers that `tidefall monitor ingest` takes in",
    )
    add("--monitoring_log_rate", type=float, default=1.0, help="how many, 0 to 1 (%(default)s)")
    add(
        "--monitoring_log_redact",
        type=_names,
        default=(),
        help="columns that are never written there, as input.NAME,output.NAME",
    )
    add(
        "--monitoring_log_id_input",
        default="",
        help="the input whose values name the rows, for labels to be joined by; without it the "
        "header x-request-id does",
    )
    add(
        "--monitoring_log_max_bytes",
        type=int,
        default=1 << 30,
        help="what the folder may hold; requests beyond are dropped and counted (%(default)s)",
    )
    add(
        "--enable_tracing",
        **SWITCH,
        help="send OpenTelemetry traces; on by itself if OTEL_EXPORTER_OTLP_ENDPOINT is set",
    )
    add(
        "--shutdown_delay_seconds",
        type=float,
        default=0.0,
        help="after SIGTERM, how long /readyz says no before no more requests are taken "
        "(%(default)s)",
    )


def _add_computing_flags(add: Callable[..., None]) -> None:
    """How models compute."""
    add(
        "--tensorflow_session_config_file",
        default="",
        help="a ConfigProto message as text: threads, and the GPU's memory. The other flags "
        "come first",
    )
    add(
        "--per_process_gpu_memory_fraction",
        type=float,
        default=0.0,
        help="how much of the GPU's memory to take at the start; 0 leaves it to XLA (%(default)s)",
    )
    for kind in ("cpu", "gpu"):
        add(
            f"--xla_{kind}_compilation_enabled",
            **SWITCH | {"default": None},
            help="where one of these is given and none is true, nothing is compiled; by itself "
            "XLA compiles what pays",
        )
    add(
        "--skip_initialize_tpu",
        **SWITCH,
        help="taken for compatibility: devices are initialized by the first program",
    )
    for name, what in (
        ("intra_op", "threads that one op may use; 0 for the processors that may be used"),
        ("inter_op", "has no effect: ops of one request run one after the other"),
        ("session", "the same as --tensorflow_intra_op_parallelism, where that is not given"),
    ):
        add(f"--tensorflow_{name}_parallelism", type=int, default=0, help=what)


def _default_threads() -> int:
    return max(4, math.ceil(usable_cpus()))


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


_RATES = (
    "request_log_rate",
    "record_requests_rate",
    "monitoring_log_rate",
    "per_process_gpu_memory_fraction",
)


def _asks_nothing(parser: _Parser, argument: str) -> bool:
    """Whether to pass an argument over; ends the program where it is no flag of this server."""
    name, equals, value = argument.partition("=")
    name = name.lstrip("-")
    if not argument.startswith("--") or name in parser.flags:
        return False
    refusal = why_refused(name, value if equals else None)
    if refusal is None:
        close = difflib.get_close_matches(name, parser.flags, n=1)
        refusal = f"unknown flag --{name}" + (f"; did you mean --{close[0]}?" if close else "")
    if refusal:
        parser.error(refusal)
    return True


def parse_flags(arguments: Sequence[str]) -> argparse.Namespace:
    """The flags of a command line; ends the program with a message where they make no sense."""
    parser = _parser()
    flags = parser.parse_args([each for each in arguments if not _asks_nothing(parser, each)])
    if not flags.model_base_path and not flags.model_config_file:
        parser.error("give --model_base_path, or --model_config_file")
    for name in _NOT_NEGATIVE:
        if getattr(flags, name) < 0:
            parser.error(f"--{name} must not be negative, received {getattr(flags, name)}")
    for name in _POSITIVE:
        if getattr(flags, name) <= 0:
            parser.error(f"--{name} must be positive, received {getattr(flags, name)}")
    for name in _RATES:
        if not 0 <= getattr(flags, name) <= 1:
            parser.error(f"--{name} must be 0 to 1, received {getattr(flags, name)}")
    if not 0 <= flags.rest_api_port <= 65535:
        parser.error(f"--rest_api_port must be 0 to 65535, received {flags.rest_api_port}")
    if flags.batching_latency_target_ms <= 0:
        received = flags.batching_latency_target_ms
        parser.error(f"--batching_latency_target_ms must be positive, received {received}")
    for name in ("batching_parameters_file", "enable_per_model_batching_parameters"):
        if getattr(flags, name) and not flags.enable_batching:
            parser.error(f"--{name} needs --enable_batching")
    if not 0 <= (flags.port or 0) <= 65535:
        parser.error(f"--port must be 0 to 65535, received {flags.port}")
    return flags
