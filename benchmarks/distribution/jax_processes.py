"""The all-reduces on jax, whose CPU processes use gloo."""

from __future__ import annotations

import argparse
import json
import os

import jax
import numpy as np

from benchmarks.distribution import members
from benchmarks.distribution.repeated import SIZES, fewer, median_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=["reductions"])
    parser.add_argument("--quick", action="store_true")
    quick = parser.parse_args().quick
    task = json.loads(os.environ["TF_CONFIG"])
    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(task["cluster"]["worker"][0], 2, task["task"]["index"])
    mesh = jax.make_mesh((2,), ("x",))
    split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    total = jax.jit(lambda array: array.sum(0), out_shardings=whole)
    found = {}
    for name, (size, count) in SIZES.items():
        own = np.ones((1, size // 4), np.float32)
        array = jax.make_array_from_process_local_data(split, own, (2, size // 4))
        seconds = median_of(
            lambda array=array: total(array).block_until_ready(), fewer(count, quick), warm=2
        )
        found[f"workers_reduce_{name}"] = {"gloo": seconds}
    members.report(found)


if __name__ == "__main__":
    main()
