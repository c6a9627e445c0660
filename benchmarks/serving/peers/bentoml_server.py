"""BentoML: `bentoml serve bentoml_server:Single` or `:Batched`, with the model in SERVED_MODEL."""

import os

import bentoml
import numpy as np
from models import load

SETTINGS = {
    "traffic": {"timeout": 30, "max_concurrency": 4096},
    "metrics": {"enabled": False},
    "logging": {"access": {"enabled": False}},
}


@bentoml.service(**SETTINGS)
class Single:
    def __init__(self) -> None:
        self.model = load(os.environ["SERVED_MODEL"])

    @bentoml.api
    def predict(self, instances: np.ndarray) -> np.ndarray:
        return self.model(instances.astype(np.float32))


@bentoml.service(**SETTINGS)
class Batched:
    def __init__(self) -> None:
        self.model = load(os.environ["SERVED_MODEL"])

    @bentoml.api(batchable=True, max_batch_size=64, max_latency_ms=50)
    def predict(self, instances: np.ndarray) -> np.ndarray:
        return self.model(instances.astype(np.float32))
