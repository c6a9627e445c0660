"""What a model keeps between runs: variables and hash tables; and operators that draw."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from tidefall.lite.interpreter.registry import Kernel, Node, kernel
from tidefall.lite.interpreter.shapes import checked_shape
from tidefall.lite.schema import BucketizeOptions, HashtableOptions, RandomOptions, VarHandleOptions


def _handle(name: str) -> Any:
    found = np.empty((), object)
    found[()] = name
    return found


@kernel("VAR_HANDLE")
def var_handle(node: Node) -> Kernel:
    options = node.option(VarHandleOptions)
    handle = _handle(f"{options.container}/{options.shared_name}")
    return lambda: handle


@kernel("ASSIGN_VARIABLE")
def assign_variable(node: Node) -> Kernel:
    def run(handle: Any, value: Any) -> Any:
        node.program.state.variables[handle.item()] = np.array(value)
        return ()

    return run


@kernel("READ_VARIABLE")
def read_variable(node: Node) -> Kernel:
    output = node.output()

    def run(handle: Any) -> Any:
        variables = node.program.state.variables
        if handle.item() not in variables:
            if node.output().dtype == object:
                raise ValueError(f"the variable {handle.item()!r} has no value yet")
            return np.zeros(output.shape, output.dtype)
        return variables[handle.item()]

    return run


@kernel("HASHTABLE")
def hashtable(node: Node) -> Kernel:
    handle = _handle(f"table {node.option(HashtableOptions).table_id}")
    return lambda: handle


@kernel("HASHTABLE_IMPORT")
def hashtable_import(node: Node) -> Kernel:
    def run(handle: Any, keys: Any, values: Any) -> Any:
        tables = node.program.state.tables
        if handle.item() not in tables:
            tables[handle.item()] = dict(
                zip(keys.reshape(-1).tolist(), values.reshape(-1).tolist(), strict=True)
            )
        return ()

    return run


@kernel("HASHTABLE_FIND")
def hashtable_find(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(handle: Any, keys: Any, default: Any) -> Any:
        table = node.program.state.tables.get(handle.item(), {})
        absent = default.reshape(-1)[0] if default.size else None
        found = np.empty(keys.size, dtype)
        for index, key in enumerate(keys.reshape(-1).tolist()):
            found[index] = table.get(key, absent)
        return found.reshape(keys.shape)

    return run


@kernel("HASHTABLE_SIZE")
def hashtable_size(node: Node) -> Kernel:
    def run(handle: Any) -> Any:
        return np.array([len(node.program.state.tables.get(handle.item(), {}))], np.int64)

    return run


@kernel("HASHTABLE_LOOKUP")
def hashtable_lookup(node: Node) -> Kernel:
    def run(lookup: Any, keys: Any, values: Any) -> Any:
        places = {int(key): index for index, key in enumerate(keys)}
        found = np.zeros((lookup.size, *values.shape[1:]), values.dtype)
        hits = np.zeros(lookup.size, np.uint8)
        for index, key in enumerate(lookup.reshape(-1).tolist()):
            if key in places:
                found[index] = values[places[key]]
                hits[index] = 1
        return found, hits

    return run


@kernel("BUCKETIZE")
def bucketize(node: Node) -> Kernel:
    boundaries = np.array(node.option(BucketizeOptions).boundaries, np.float32)
    return lambda x: np.searchsorted(boundaries, x, side="right").astype(np.int32)


def _generator(node: Node) -> Any:
    """The operator's generator, which goes on from run to run."""
    options = node.option(RandomOptions)
    key = zlib.crc32(node.output().name.encode()) ^ node.output().index
    generators = node.program.state.random
    if key not in generators:
        seeds = [options.seed & 0xFFFFFFFFFFFFFFFF, options.seed2 & 0xFFFFFFFFFFFFFFFF]
        generators[key] = np.random.Generator(np.random.Philox(seeds if any(seeds) else None))
    return generators[key]


@kernel("RANDOM_UNIFORM")
def random_uniform(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(shape: Any) -> Any:
        wanted = checked_shape(shape, node.operator)
        return _generator(node).random(wanted, np.float32).astype(dtype)

    return run


@kernel("RANDOM_STANDARD_NORMAL")
def random_normal(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(shape: Any) -> Any:
        wanted = checked_shape(shape, node.operator)
        return _generator(node).standard_normal(wanted, np.float32).astype(dtype)

    return run


@kernel("MULTINOMIAL")
def multinomial(node: Node) -> Kernel:
    dtype = node.output().dtype

    def run(logits: Any, samples: Any) -> Any:
        count = int(np.asarray(samples).reshape(()))
        checked_shape([logits.shape[0], count], node.operator)
        weights = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
        edges = np.cumsum(weights, -1)
        draws = _generator(node).random((logits.shape[0], count)) * edges[:, -1:]
        rows = [np.searchsorted(e, d, side="right") for e, d in zip(edges, draws, strict=True)]
        return np.minimum(np.stack(rows), logits.shape[1] - 1).astype(dtype)

    return run
