"""The rows on PyTorch: gloo and `DistributedDataParallel`."""

from __future__ import annotations

import argparse
import json
import os
import time

import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel

from benchmarks import keras_models, keras_torch
from benchmarks.distribution import members
from benchmarks.distribution.repeated import MODELS, SIZES, fewer, median_of


def reductions(quick: bool) -> dict[str, dict[str, float]]:
    """All-reduces of two processes."""
    found = {}
    for name, (size, count) in SIZES.items():
        tensor = torch.ones(size // 4)

        def total(tensor: torch.Tensor = tensor) -> None:
            distributed.all_reduce(tensor)

        found[f"workers_reduce_{name}"] = {"gloo": median_of(total, fewer(count, quick), warm=2)}
    return found


class Training:
    """A model of `keras_torch.py`, on half of the batch."""

    def __init__(self, name: str, quick: bool):
        x, y = keras_models.batch(name, quick)
        share = len(x) // 2
        self.trained = keras_torch.Torch(name, "eager", x[:share], y[:share])
        self.trained.forward = DistributedDataParallel(self.trained.model)

    def step(self) -> float:
        return float(self.trained.step())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["reductions", "start", *MODELS])
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    part, quick = arguments.part, arguments.quick
    task = json.loads(os.environ["TF_CONFIG"])
    # What torchrun sets for two processes on two cores.
    torch.set_num_threads(max(1, (os.cpu_count() or 2) // 2))
    distributed.init_process_group(
        "gloo",
        init_method=f"tcp://{task['cluster']['worker'][0]}",
        rank=task["task"]["index"],
        world_size=2,
    )
    if part == "reductions":
        members.report(reductions(quick))
    elif part == "start":
        Training("mlp", quick).step()
        members.report(time.time())
    else:
        training = Training(part, quick)
        seconds = median_of(training.step, fewer(MODELS[part], quick), warm=fewer(30, quick))
        members.report({f"workers_{part}_step": {"ddp": seconds}})
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
