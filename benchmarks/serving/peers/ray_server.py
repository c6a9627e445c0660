"""Ray Serve: `python ray_server.py MODEL PORT BATCH`."""

import signal
import sys

import numpy as np
import ray
from models import decode, load
from ray import serve
from starlette.requests import Request

MODEL, PORT, BATCH = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


@serve.deployment(max_ongoing_requests=4096, ray_actor_options={"num_cpus": 1})
class Single:
    def __init__(self, name: str) -> None:
        self.model = load(name)

    async def __call__(self, request: Request) -> dict:
        rows = (await request.json())["instances"]
        return {"predictions": self.model(decode(rows)).tolist()}


@serve.deployment(max_ongoing_requests=4096, ray_actor_options={"num_cpus": 1})
class Batched:
    def __init__(self, name: str) -> None:
        self.model = load(name)

    @serve.batch(max_batch_size=64, batch_wait_timeout_s=0.002)
    async def run(self, inputs: list) -> list:
        output = self.model(np.concatenate(inputs))
        return np.split(output, np.cumsum([len(x) for x in inputs])[:-1])

    async def __call__(self, request: Request) -> dict:
        rows = (await request.json())["instances"]
        output = await self.run(decode(rows))
        return {"predictions": output.tolist()}


if __name__ == "__main__":
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    serve.start(http_options={"host": "127.0.0.1", "port": PORT})
    serve.run((Batched if BATCH else Single).bind(MODEL), route_prefix="/predict")
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    serve.shutdown()
