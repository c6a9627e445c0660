"""The command line: `python -m tidefall.serving --model_name=... --model_base_path=...`."""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tidefall.base import errors
from tidefall.runtime.policy.compile_service import compile_in_background
from tidefall.serving.batching.parameters import read_parameters
from tidefall.serving.batching.settings import BatchingSettings
from tidefall.serving.flags import GRPC_PORT, parse_flags
from tidefall.serving.grpc_api.settings import GrpcSettings
from tidefall.serving.http.parser import Limits
from tidefall.serving.http.server import HttpSettings
from tidefall.serving.models.config import LoadSettings, ModelConfig, Recording
from tidefall.serving.models.config_file import ConfigFile
from tidefall.serving.models.saved_model import ServerLoader
from tidefall.serving.models.servable import Loader
from tidefall.serving.models.warmup import WarmUp
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.operations.threads import limit_op_threads
from tidefall.serving.rollout.control import ControlSettings
from tidefall.serving.server import ModelServer
from tidefall.serving.session_config import SessionConfig, read_session_config

_HANGUP = b"h"
_SWITCH_SECONDS = 0.002
_LIBRARIES = (".so", ".dylib")
# Requests under way are no garbage, though they are many (Python: 700, 10, 10).
_COLLECT_AFTER = (20_000, 20, 20)


def main(arguments: Sequence[str], load: Loader | None = None) -> int:
    """Runs the server until it is told to stop; returns the exit status.

    Args:
        arguments: the command line without the program's name.
        load: loads a version directory; a SavedModel for None.
    """
    flags = parse_flags(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    load = load or ServerLoader(
        trust_aot=True if flags.trust_aot else None,
        tags=flags.saved_model_tags,
        checks_methods=flags.enable_signature_method_name_check,
    )
    try:
        for library in flags.op_library:
            _load_ops(library)
    except errors.OpError as error:
        return _refuse(error)
    if flags.trusted_keys_file or flags.model_decryption_key_file:
        from tidefall.serving.trust.loader import TrustedLoader

        try:
            load = TrustedLoader(load, flags.trusted_keys_file, flags.model_decryption_key_file)
        except errors.OpError as error:
            return _refuse(error)
    # A thread holds the interpreter for so long at a time (Python: 5 ms), less while models load.
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECT_AFTER)
    _allow_many_connections()
    compile_in_background()
    signals = _Signals()
    config_file: ConfigFile | None = None
    models: Mapping[str, str | ModelConfig] = {flags.model_name: flags.model_base_path}
    if flags.model_config_file:
        config_file = ConfigFile(flags.model_config_file, flags.model_config_file_poll_wait_seconds)
        try:
            models = config_file.read()
        except errors.OpError as error:
            return _refuse(error)
    try:
        _set_up_computing(flags)
        server = _server(flags, models, load)
        server.start()
    except errors.OpError as error:
        return _refuse(error)
    if config_file is not None:
        config_file.watch(server.reload)
    _announce(flags, server)
    if flags.exit_when_stdin_closes:
        signals.watch_stdin()
    signals.wait_for_end(on_hangup=config_file.reread if config_file else None)
    if config_file is not None:
        config_file.stop()
    server.stop(flags.drain_seconds, flags.shutdown_delay_seconds)
    return 0


def _load_ops(library: str) -> None:
    """Make custom ops known before models are loaded that use them."""
    if library.endswith(_LIBRARIES):
        from tidefall.library.custom_ops import load

        load(library)
        return
    try:
        importlib.import_module(library)
    except ImportError as error:
        raise errors.NotFoundError(
            None, None, f"--op_library={library} is neither a shared library nor a module: {error}"
        ) from error


def _announce(flags: argparse.Namespace, server: ModelServer) -> None:
    """Says where the server listens, in the words of `tensorflow_model_server`."""
    shown = "localhost" if flags.host in ("127.0.0.1", "::1", "localhost", "") else flags.host
    lines = [f"Exporting HTTP/REST API at:{shown}:{server.port} ..."]
    if server.grpc_port:
        lines.append(f"Running gRPC ModelServer at {shown}:{server.grpc_port} ...")
    if flags.grpc_socket_path:
        lines.append(f"Running gRPC ModelServer at UNIX socket {flags.grpc_socket_path} ...")
    try:
        sys.stdout.write("\n".join([*lines, ""]))
        sys.stdout.flush()
    except OSError as error:  # A log on a full disk is no reason not to serve.
        logging.getLogger("tidefall.serving").error("cannot write to standard output: %s", error)


def _set_up_computing(flags: argparse.Namespace) -> None:
    """Says how models compute, before anything does."""
    file = flags.tensorflow_session_config_file
    config = read_session_config(file) if file else SessionConfig()
    if flags.per_process_gpu_memory_fraction:
        config = replace(config, gpu_memory_fraction=flags.per_process_gpu_memory_fraction)
    config.apply_to_gpu()
    limit_op_threads(
        flags.tensorflow_intra_op_parallelism,
        flags.tensorflow_inter_op_parallelism or config.inter_op_threads,
        flags.tensorflow_session_parallelism or config.intra_op_threads,
    )
    compiled = (flags.xla_cpu_compilation_enabled, flags.xla_gpu_compilation_enabled)
    if False in compiled and True not in compiled:
        from tidefall.runtime.policy.tiers import set_execution_tier

        set_execution_tier("host")


def _server(
    flags: argparse.Namespace, models: Mapping[str, str | ModelConfig], load: Loader
) -> ModelServer:
    """The server that the flags describe."""
    return ModelServer(
        models,
        host=flags.host,
        rest_api_port=flags.rest_api_port,
        enable_cors_support=flags.rest_api_enable_cors_support,
        grpc_port=_grpc_port(flags.port),
        grpc=_grpc_settings(flags),
        file_system_poll_wait_seconds=flags.file_system_poll_wait_seconds,
        settings=HttpSettings(
            limits=Limits(body=flags.rest_api_max_body_bytes),
            threads=flags.rest_api_num_threads,
            request_seconds=flags.rest_api_timeout_in_ms / 1000,
        ),
        loading=_load_settings(flags),
        warm_up=WarmUp(flags.enable_model_warmup, max(1, flags.num_request_iterations_for_warmup)),
        batching=_batching_settings(flags),
        operations=_operations_settings(flags),
        control=ControlSettings(
            state_dir=flags.state_dir,
            config_file=flags.rollout_config_file,
            config_poll_seconds=flags.rollout_config_file_poll_wait_seconds,
            recordings_dir=flags.recordings_dir,
        ),
        load=load,
    )


def _refuse(error: errors.OpError) -> int:
    sys.stderr.write(f"tidefall.serving: {error.message}\n")
    return 1


def _load_settings(flags: argparse.Namespace) -> LoadSettings:
    return LoadSettings(
        retries=flags.max_num_load_retries,
        retry_seconds=flags.load_retry_interval_micros / 1e6,
        load_threads=flags.num_load_threads,
        unload_threads=flags.num_unload_threads,
        memory_limit=flags.total_model_memory_limit_bytes or None,
        cache_folder=flags.model_cache_folder,
        labels_may_wait=flags.allow_version_labels_for_unavailable_models,
    )


def _operations_settings(flags: argparse.Namespace) -> OperationsSettings:
    recording = None
    if flags.record_requests_to:
        recording = Recording(flags.record_requests_to, flags.record_requests_rate)
    return OperationsSettings(
        admin_token_file=flags.admin_token_file,
        inference_token_file=flags.inference_token_file,
        ssl_config_file=flags.ssl_config_file,
        monitoring_config_file=flags.monitoring_config_file,
        request_log=flags.request_log,
        request_log_rate=flags.request_log_rate,
        request_log_values=flags.request_log_values,
        recording=recording,
        quarantine=flags.quarantine_file,
        quarantine_max_bytes=flags.quarantine_max_bytes,
        event_log=flags.monitoring_log,
        event_log_rate=flags.monitoring_log_rate,
        event_log_redact=flags.monitoring_log_redact,
        event_log_id_input=flags.monitoring_log_id_input,
        event_log_bytes=flags.monitoring_log_max_bytes,
        tracing=flags.enable_tracing,
    )


def _batching_settings(flags: argparse.Namespace) -> BatchingSettings | None:
    if not flags.enable_batching:
        return None
    file = flags.batching_parameters_file
    return BatchingSettings(
        parameters=read_parameters(Path(file)) if file else None,
        per_model=flags.enable_per_model_batching_parameters,
        latency_target=flags.batching_latency_target_ms / 1000,
    )


def _grpc_port(port: int | None) -> int | None:
    """The port for gRPC, None for none: where nobody asked, only if the package for it is there."""
    if port is not None:
        return port or None
    if importlib.util.find_spec("grpc") is not None:
        return GRPC_PORT
    logging.getLogger("tidefall.serving").warning(
        "gRPC is off: the package grpcio is not installed (pip install 'tidefall[serve]'). "
        "--port=0 says that it is not wanted"
    )
    return None


def _grpc_settings(flags: argparse.Namespace) -> GrpcSettings:
    return GrpcSettings(
        threads=flags.grpc_max_threads,
        requests=flags.grpc_max_requests,
        message_bytes=flags.grpc_max_message_bytes,
        socket_path=flags.grpc_socket_path,
        channel_arguments=flags.grpc_channel_arguments,
        health=flags.enable_grpc_healthcheck_service,
        reflection=flags.enable_grpc_reflection,
        serialize_as_content=flags.enable_serialization_as_tensor_content,
    )


class _Signals:
    """Waits for SIGTERM, SIGINT or the end of standard input. A second signal ends at once.

    SIGHUP asks for the configuration to be read again.
    """

    def __init__(self) -> None:
        # A pipe, because a signal handler may not touch the locks of threading.Event.
        self._reader, self._writer = os.pipe()
        self._asked = False
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._on_hangup)

    def _on_signal(self, number: int, frame: object) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        os.write(self._writer, b".")

    def _on_hangup(self, number: int, frame: object) -> None:
        os.write(self._writer, _HANGUP)

    def watch_stdin(self) -> None:
        threading.Thread(target=self._read_stdin, name="tidefall-stdin", daemon=True).start()

    def _read_stdin(self) -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass  # There is no standard input: the same as its end.
        os.write(self._writer, b".")

    def wait_for_end(self, on_hangup: Callable[[], None] | None) -> None:
        """Returns when the server is to end.

        Args:
            on_hangup: called for every SIGHUP until then.
        """
        while os.read(self._reader, 1) == _HANGUP:
            if on_hangup is not None:
                on_hangup()


def _allow_many_connections() -> None:
    """Raises the soft limit of open files to the hard one, where there are such limits."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65536
    if soft != resource.RLIM_INFINITY and soft < wanted:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            pass  # The default still serves hundreds of clients.
