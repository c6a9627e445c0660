"""Versions of a real model, a registry that holds them, servers that serve them, and traffic."""

from __future__ import annotations

import contextlib
import itertools
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import yaml

import tidefall as tf
from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.release.fleet import Fleet, Server
from tidefall.lifecycle.release.plan import read_plan
from tidefall.lifecycle.release.runner import Runner
from tidefall.serving import Client, ModelServer
from tidefall.serving.inference import Call, Outcome
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.policies import All
from tidefall.serving.operations.request_log import prediction_log
from tidefall.serving.operations.settings import OperationsSettings
from tidefall.serving.rollout.control import ControlSettings

TOKEN = "a-token-for-the-admin-api"
MODEL = "half"


def save_model(folder: Path, body) -> str:
    """Saves a model of one input and one output."""
    module = tf.Module()
    spec = tf.TensorSpec([None], tf.float32, "x")
    module.run = tf.function(lambda x: {"y": body(x)}, [spec])
    tf.saved_model.save(module, str(folder), {"serving_default": module.run})
    return str(folder)


def fails_above(limit):
    def body(x):
        with tf.control_dependencies([tf.debugging.assert_less(x, limit)]):
            return x / 2

    return body


def slow(x):
    step = tf.constant(0)
    rows = tf.ones([400, 400]) / 400
    _, rows = tf.while_loop(
        lambda i, _: i < 10, lambda i, m: (i + 1, tf.linalg.matmul(m, m)), [step, rows]
    )
    return x / 2 + 0 * rows[0, 0]


@pytest.fixture(scope="session")
def exports(tmp_path_factory) -> dict[str, str]:
    """Folders of SavedModels, by what they are like."""
    folder = tmp_path_factory.mktemp("exports")
    bodies = {
        "good": lambda x: x / 2,
        "better": lambda x: 0.5 * x,
        "failing": fails_above(0.7),
        "slow": slow,
        "shifted": lambda x: x / 2 + 10,
    }
    return {name: save_model(folder / name, body) for name, body in bodies.items()}


class Place:
    """A registry with version 1 in production, servers, a plan's file, and clients."""

    def __init__(self, folder: Path, exports: dict[str, str]) -> None:
        self.folder, self.exports = folder, exports
        self.store = folder / "store"
        self.token_file = folder / "token"
        self.token_file.write_text(f"releaser {TOKEN}\n")
        (folder / "recordings").mkdir()
        self.servers: list[ModelServer] = []
        self.processes: list[ServerProcess] = []
        self.said: list[str] = []
        with self.registry() as registry:
            registry.register(MODEL, exports["good"])
            registry.transition(MODEL, 1, "Production")

    def registry(self, user: str = "ann") -> Registry:
        return Registry(self.store, user=user)

    def register(self, name: str) -> int:
        with self.registry() as registry:
            return registry.register(MODEL, self.exports[name]).number

    def serve(self, number: int = 0, port: int = 0, **control) -> ModelServer:
        config = ModelConfig(MODEL, self.store / "models" / MODEL, All())
        server = ModelServer(
            {MODEL: config},
            rest_api_port=port,
            file_system_poll_wait_seconds=0.1,
            operations=OperationsSettings(admin_token_file=str(self.token_file)),
            control=ControlSettings(
                state_dir=str(self.folder / f"state{number}"),
                recordings_dir=str(self.folder / "recordings"),
            ),
            **control,
        )
        self.servers.append(server.start().wait_until_available())
        # A version that is registered answers nobody by itself.
        hold = {"split": {"1": 1}, "release": "hold-1"}
        if server.control.rollouts.get(MODEL) is None:
            Server(server.url, TOKEN).of_model("PUT", MODEL, "rollout", hold)
        return server

    def plan(self, **changes) -> Path:
        document = {
            "model": MODEL,
            "servers": [server.url for server in self.servers],
            "store": "store",
            "token_file": "token",
            "guardrails": {"prediction_shift": 0.25},
            "canary": {
                "steps": [20, 50], "seconds": "200ms", "requests": 60, "patience": "60s",
            },
        }  # fmt: skip
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(document.get(key), dict):
                document[key] = {**document[key], **value}
            else:
                document[key] = value
        path = self.folder / "plan.yaml"
        path.write_text(yaml.safe_dump(document))
        return path

    def runner(self, **changes) -> Runner:
        plan = read_plan(self.plan(**changes))
        fleet = Fleet(plan.servers, TOKEN)
        return Runner(plan, self.registry(), fleet, self.said.append, tick=0.05)

    def release(self, version: int, **changes) -> str:
        runner = self.runner(**changes)
        try:
            return runner.run(version)
        finally:
            runner.registry.close()

    def log(self) -> list[dict]:
        from tidefall.serving.rollout.audit import audit_entries, check_audit

        path = self.store / "audit.jsonl"
        check_audit(path)
        return list(audit_entries(path))

    def story(self) -> list[str]:
        found = [e["action"] for e in self.log() if e["action"].startswith("release.")]
        return [action.removeprefix("release.") for action in found]

    def wait(self, condition, seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"it did not happen in time; {self.said}"
            time.sleep(0.01)

    def ask(self, server: ModelServer, what: str):
        return Server(server.url, TOKEN).of_model("GET", MODEL, what)

    def answering(self, server: ModelServer) -> dict[str, float]:
        return {v: p for v, p in self.ask(server, "rollout")["percent"].items() if p}

    def canary(self, server: ModelServer) -> dict:
        return self.ask(server, "rollout")["canary"]

    def wait_for_version(self, version: int) -> None:
        for server in self.servers:
            model = server.control.rollouts._manager.find(MODEL)
            self.wait(lambda model=model: version in model.available_versions())

    def record(self, requests: int, name: str = "day.tfrecord") -> Path:
        """Writes answers of version 1, one a second."""
        path = self.folder / "recordings" / name
        random = np.random.default_rng(4)
        with tf.io.TFRecordWriter(str(path)) as writer:
            for n in range(requests):
                x = random.uniform(size=1).astype(np.float32)
                outcome = Outcome(Call(MODEL), started=1000.0 + n, version=1)
                outcome.inputs, outcome.outputs = {"x": x}, {"y": x / 2}
                writer.write(prediction_log(outcome).SerializeToString())
        return path

    def ask_audit(self) -> list[dict]:
        """What the first server's own audit log tells, oldest first."""
        server = Server(self.servers[0].url, TOKEN)
        return server.call("GET", "/admin/v1/audit?limit=900")["entries"][::-1]

    def server_process(self) -> ServerProcess:
        made = ServerProcess(self)
        self.processes.append(made)
        made.start()
        return made

    @contextlib.contextmanager
    def traffic(self, pause: float = 0.002, clients: int = 2):
        """Asks all servers again and again; the results tell what clients were answered."""
        with self.traffic_to(*(s.url for s in self.servers), pause=pause, clients=clients) as seen:
            yield seen

    @contextlib.contextmanager
    def traffic_to(self, *urls: str, pause: float = 0.002, clients: int = 2):
        counts, stop, lock = Traffic(), threading.Event(), threading.Lock()

        def ask(seed: int) -> None:
            random = np.random.default_rng(seed)
            open_clients = [Client(url, MODEL) for url in urls]
            for client in itertools.cycle(open_clients):
                if stop.is_set():
                    break
                x = float(random.uniform())
                try:
                    [y] = client.predict([x])
                except errors.OpError as error:
                    with lock:
                        counts.errors.append(error.message)
                else:
                    with lock:
                        counts.answers.append((x, y))
                time.sleep(pause)
            for client in open_clients:
                client.close()

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield counts
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
        for server in self.servers:
            server.stop(drain_seconds=5)


class ServerProcess:
    """A server of its own process, which can be killed and comes back at the same port."""

    def __init__(self, place: Place) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._place = place
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        place = self._place
        config = place.folder / "models.config"
        config.write_text(
            f'model_config_list {{ config {{ name: "{MODEL}" model_platform: "tensorflow" '
            f'base_path: "{place.store}/models/{MODEL}" '
            "model_version_policy { all {} } } }"
        )
        flags = {
            "port": 0, "rest_api_port": self._port, "model_config_file": config,
            "admin_token_file": place.token_file, "state_dir": place.folder / "state",
            "file_system_poll_wait_seconds": 1,
        }  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tidefall.serving", *(f"--{k}={v}" for k, v in flags.items())],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        place.wait(self._is_ready, 60)

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/readyz", timeout=1):
                return True
        except OSError:
            return False

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Traffic:
    """What clients were answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[float, float]] = []
        self.errors: list[str] = []


@pytest.fixture
def place(tmp_path, exports):
    made = Place(tmp_path, exports)
    yield made
    made.stop()
