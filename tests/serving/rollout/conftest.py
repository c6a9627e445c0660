"""A model with three versions, and what rolls them out."""

import dataclasses
import threading

import numpy as np
import pytest

from tidefall.serving.inference import Call, Inference
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.models.policies import Latest
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.rollouts import Rollouts


class Server:
    """Models and their rollouts, without a network. Version N of `half` adds N."""

    def __init__(self, base_path, load, state_dir, wait_for):
        config = ModelConfig("half", base_path, Latest(9))
        self.manager = ModelManager([config], load, poll_seconds=0)
        self.manager.start()
        model = self.manager.find("half")
        wait_for(lambda: model.available_versions() == [1, 2, 3])
        self.audit = AuditLog.in_folder(str(state_dir)).open()
        self.rollouts = Rollouts(self.manager, self.audit, state_dir)
        self.rollouts.restore()
        self.inference = Inference(self.manager, self.rollouts.route, [self.rollouts.observe])

    def ask(self, x=0.0, *, signature="", headers=None, **named):
        """The outcome of a request."""
        call = Call("half", signature_name=signature, headers=headers or {}, **named)
        outcomes = []
        self.inference.run(call, lambda _: {"x": np.float32([x])}, outcomes.append)
        [outcome] = outcomes
        return outcome

    def replace(self, version, run):
        """Has a version run something else as its default signature."""
        signatures = self.manager.find("half")._served.by_version[version].servable.signatures
        signatures["serving_default"] = dataclasses.replace(signatures["serving_default"], run=run)

    def block(self, version):
        """Makes a version wait with its answers for the event that is returned."""
        gate = threading.Event()

        def run(arrays):
            assert gate.wait(30)
            return {"y": arrays["x"]}

        self.replace(version, run)
        return gate

    def fail(self, version):
        """Makes a version fail."""

        def run(arrays):
            raise RuntimeError("the model is out of order")

        self.replace(version, run)

    def stop(self):
        self.rollouts.stop()
        self.manager.stop()
        self.audit.close()


@pytest.fixture
def start(tmp_path, base_path, numpy_server, wait_for):
    """Starts a server with versions 1 to 3; started again, it finds the same state."""
    for version in (1, 2, 3):
        numpy_server.write_version(base_path, version, add=version)
    servers = []

    def start_one():
        for server in servers:
            server.stop()
        servers.append(Server(base_path, numpy_server.load, tmp_path / "state", wait_for))
        return servers[-1]

    yield start_one
    for server in servers:
        server.stop()


@pytest.fixture
def server(start):
    return start()
