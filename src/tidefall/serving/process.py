"""A model server as a child process that cannot outlive its parent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Any

from tidefall.base import errors
from tidefall.serving.client import Client

_EXPORTING = re.compile(r"Exporting HTTP/REST API at:(\S+):(\d+) ")
_COMMAND = (sys.executable, "-m", "tidefall.serving")


class ServerProcess:
    """Runs `python -m tidefall.serving` on a free loopback port until the `with` block ends.

    The child holds the reading end of a pipe whose other end only this process has: when this
    process ends, in whatever way, the pipe closes and the child stops. It runs in a session of
    its own, so that Ctrl-C reaches this process alone, which then stops the child in order.

    Args:
        model_name: the model's name.
        model_base_path: the folder around its numbered version directories.
        startup_timeout: seconds until the model must be available.
        stop_timeout: seconds the server may take to finish its requests.
        flags: further command line flags, as in `rest_api_num_threads=4`.
        command: what to run instead of `python -m tidefall.serving`.
    """

    def __init__(
        self,
        model_name: str,
        model_base_path: str | os.PathLike[str],
        *,
        startup_timeout: float = 60.0,
        stop_timeout: float = 10.0,
        command: tuple[str, ...] = _COMMAND,
        **flags: Any,
    ) -> None:
        self._model_name = model_name
        self._startup_timeout = startup_timeout
        self._stop_timeout = stop_timeout
        settings = {
            "model_name": model_name,
            "model_base_path": os.fspath(model_base_path),
            "rest_api_port": 0,
            "port": 0,
            **flags,
        }
        self._command = [*command, "--exit_when_stdin_closes"]
        self._command += [f"--{name}={value}" for name, value in settings.items()]
        self._process: subprocess.Popen[str] | None = None
        self._errors: IO[str] | None = None
        self._reader: threading.Thread | None = None
        self.url = ""

    def start(self) -> ServerProcess:
        """Starts the server and waits until the model answers requests.

        Raises:
            FailedPreconditionError: the server ended, or cannot load the model; says why.
            DeadlineExceededError: it took too long.
        """
        self._errors = tempfile.TemporaryFile(  # noqa: SIM115 - `stop` closes it.
            "w+", encoding="utf-8", errors="replace"
        )
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            errors="replace",
            env=_environment(),
            start_new_session=True,
        )
        try:
            end = time.monotonic() + self._startup_timeout
            self.url = self._wait_for_url(end)
            self._wait_for_model(end)
        except BaseException:
            self.stop()
            raise
        return self

    @property
    def pid(self) -> int:
        """The child's process id."""
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process.pid

    def stop(self) -> int | None:
        """Stops the server, by force if it takes too long; returns its exit status."""
        process, self._process = self._process, None
        if process is None:
            return None
        try:
            _close(process.stdin)
            return process.wait(self._stop_timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if self._reader is not None:
                self._reader.join()  # Its output has ended with it.
            _close(process.stdout)
            _close(self._errors)

    def __enter__(self) -> ServerProcess:
        return self.start()

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _wait_for_url(self, end: float) -> str:
        found: list[str] = []
        announced = threading.Event()
        self._reader = threading.Thread(
            target=self._read_output,
            args=(self._running().stdout, found, announced),
            name="server-output",
            daemon=True,
        )
        self._reader.start()
        while not announced.wait(min(0.05, max(0.0, end - time.monotonic()))):
            self._check_running()
            if time.monotonic() >= end:
                raise self._too_slow("it does not listen yet")
        if not found:
            self._running().wait(self._stop_timeout)
            self._check_running()
        return found[0]

    def _read_output(self, output: IO[str], found: list[str], announced: threading.Event) -> None:
        for line in output:  # To the end, so that the child never waits for a reader.
            match = _EXPORTING.search(line)
            if match and not found:
                found.append(f"http://127.0.0.1:{match[2]}")
                announced.set()
        announced.set()

    def _wait_for_model(self, end: float) -> None:
        with Client(self.url, self._model_name, timeout=self._startup_timeout) as client:
            while True:
                self._check_running()
                settled = self._is_settled()  # First: what is asked next is then no older.
                try:
                    statuses = client.status()
                except errors.NotFoundError:
                    statuses = []  # It has not looked at the directory yet.
                if any(status["state"] == "AVAILABLE" for status in statuses):
                    return
                reasons = "; ".join(_reason(status) for status in statuses)
                if settled and statuses and all(s["state"] == "END" for s in statuses):
                    message = f"the model server cannot load {self._model_name!r}: {reasons}"
                    raise errors.FailedPreconditionError(None, None, message)
                if time.monotonic() >= end:
                    raise self._too_slow(reasons or "the model has no versions")
                time.sleep(0.01)

    def _is_settled(self) -> bool:
        address = self.url.removeprefix("http://")
        connection = HTTPConnection(address, timeout=self._startup_timeout)
        try:
            connection.request("GET", "/readyz")
            return json.load(connection.getresponse())["settled"]
        except (OSError, HTTPException) as error:
            message = f"no answer from the model server at {self.url}: {error}"
            raise errors.UnavailableError(None, None, message) from None
        finally:
            connection.close()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            raise RuntimeError("the server has not been started")
        return self._process

    def _check_running(self) -> None:
        status = self._running().poll()
        if status is not None:
            message = f"the model server ended with exit status {status}: {self._last_words()}"
            raise errors.FailedPreconditionError(None, None, message)

    def _too_slow(self, state: str) -> errors.DeadlineExceededError:
        message = (
            f"model {self._model_name!r} was not available after {self._startup_timeout:g} s: "
            f"{state}. {self._last_words()}"
        )
        return errors.DeadlineExceededError(None, None, message.rstrip())

    def _last_words(self) -> str:
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return self._errors.read()[-2000:].strip()


def _reason(status: dict[str, Any]) -> str:
    message = status["status"]["error_message"]
    return f"version {status['version']}: {status['state']} {message}".rstrip()


def _close(stream: IO[str] | None) -> None:
    if stream is not None:
        try:
            stream.close()
        except OSError:
            pass  # The child has gone; nothing is lost.


def _environment() -> dict[str, str]:
    """This process's environment, plus the way to the package where it is not installed."""
    root = str(Path(__file__).resolve().parents[2])
    environment = dict(os.environ)
    if Path(root).name not in ("site-packages", "dist-packages"):
        known = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = root + (os.pathsep + known if known else "")
    return environment
