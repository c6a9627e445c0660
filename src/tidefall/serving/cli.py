"""The command line: `python -m tidefall.serving --model_name=... --model_base_path=...`."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial

from tidefall.core import errors
from tidefall.serving.flags import parse_flags
from tidefall.serving.http.parser import Limits
from tidefall.serving.http.server import HttpSettings
from tidefall.serving.models.saved_model import load_saved_model
from tidefall.serving.models.servable import Loader
from tidefall.serving.server import ModelServer


def main(arguments: Sequence[str], load: Loader = load_saved_model) -> int:
    """Runs the server until it is told to stop; returns the exit status.

    Args:
      arguments: the command line without the program's name.
      load: loads a version directory.
    """
    flags = parse_flags(arguments)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    if flags.trust_aot:
        load = partial(load_saved_model, trust_aot=True) if load is load_saved_model else load
    _allow_many_connections()
    stop = _StopRequest()
    server = ModelServer(
        {flags.model_name: flags.model_base_path},
        host=flags.host,
        rest_api_port=flags.rest_api_port,
        file_system_poll_wait_seconds=flags.file_system_poll_wait_seconds,
        settings=HttpSettings(
            limits=Limits(body=flags.rest_api_max_body_bytes),
            threads=flags.rest_api_num_threads,
            request_seconds=flags.rest_api_timeout_in_ms / 1000,
        ),
        load=load,
    )
    try:
        server.start()
    except errors.OpError as error:
        sys.stderr.write(f"tidefall.serving: {error.message}\n")
        return 1
    shown = "localhost" if flags.host in ("127.0.0.1", "::1", "localhost", "") else flags.host
    sys.stdout.write(f"Exporting HTTP/REST API at:{shown}:{server.port} ...\n")
    sys.stdout.flush()
    if flags.exit_when_stdin_closes:
        stop.watch_stdin()
    stop.wait()
    server.stop(flags.drain_seconds)
    return 0


class _StopRequest:
    """Waits for SIGTERM, SIGINT or the end of standard input. A second signal ends at once."""

    def __init__(self) -> None:
        # A pipe, because a signal handler may not touch the locks of threading.Event.
        self._reader, self._writer = os.pipe()
        self._asked = False
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, frame: object) -> None:
        if self._asked:
            os._exit(128 + number)
        self._asked = True
        os.write(self._writer, b".")

    def watch_stdin(self) -> None:
        threading.Thread(target=self._read_stdin, name="tidefall-stdin", daemon=True).start()

    def _read_stdin(self) -> None:
        try:
            while os.read(0, 4096):
                pass
        except OSError:
            pass  # There is no standard input: the same as its end.
        os.write(self._writer, b".")

    def wait(self) -> None:
        os.read(self._reader, 1)


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
