"""One of two processes that all-reduce float32, in place where that is possible.

Its arguments are the library, the rank and both addresses. Rank 0 prints a line of
JSON: best seconds by number of bytes.
"""

import json
import sys
import time

SIZES = {1 << 10: 300, 1_000_000: 100, 100_000_000: 8}


def tidefall(rank, addresses):
    import numpy as np

    from tidefall.distribute.collectives.process_group import ProcessGroup

    group = ProcessGroup(addresses, rank)

    def prepared(count):
        array = np.ones(count, np.float32)
        return lambda: group.all_reduce(array, out=array)

    return prepared


def torch(rank, addresses):
    import torch
    import torch.distributed

    method = f"tcp://{addresses[0]}"
    torch.distributed.init_process_group("gloo", init_method=method, rank=rank, world_size=2)

    def prepared(count):
        array = torch.ones(count)
        return lambda: torch.distributed.all_reduce(array)

    return prepared


def jax(rank, addresses):
    import jax
    import numpy as np

    jax.config.update("jax_cpu_collectives_implementation", "gloo")
    jax.distributed.initialize(addresses[0], 2, rank)
    mesh = jax.make_mesh((2,), ("x",))
    split = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    total = jax.jit(lambda array: array.sum(0), out_shardings=whole)

    def prepared(count):
        own = np.ones((1, count), np.float32)
        array = jax.make_array_from_process_local_data(split, own, (2, count))
        return lambda: total(array).block_until_ready()

    return prepared


def main():
    library, rank, *addresses = sys.argv[1:]
    prepare = {"tidefall": tidefall, "torch": torch, "jax": jax}[library](int(rank), addresses)
    best = {}
    for size, repeats in SIZES.items():
        action = prepare(size // 4)
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            action()
            times.append(time.perf_counter() - start)
        best[size] = min(times)
    if rank == "0":
        sys.stdout.write(json.dumps(best) + "\n")


if __name__ == "__main__":
    main()
