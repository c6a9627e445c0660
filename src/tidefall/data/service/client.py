"""The stage whose elements a tf.data service makes, and the ops that register datasets with one."""

from __future__ import annotations

import os
import uuid
import weakref
from collections.abc import Sequence
from typing import Any

import numpy as np

from tidefall.base.dtypes import DType
from tidefall.base.errors import InvalidArgumentError
from tidefall.data.dataset import dataset_op, node_of, scalar
from tidefall.data.engine.elements import Element
from tidefall.data.engine.iterators import ElementIterator
from tidefall.data.engine.node import Node
from tidefall.data.engine.stages import ONE_BY_ONE, Stage
from tidefall.data.report.dataset_to_graph import graph_of_node
from tidefall.data.service.configs import ShardingPolicy
from tidefall.data.service.reader import (
    PATIENCE,
    FirstComeReader,
    Reading,
    RoundRobinReader,
    Session,
)
from tidefall.data.service.rpc import Message, Peer, check_protocol
from tidefall.data.sources.file_sources import text
from tidefall.data.state import state_codec
from tidefall.data.state.shards import file_compression
from tidefall.io.file_systems.paths import local_path
from tidefall.op.effects import ANYTHING, WRITES_OUTSIDE
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.op.table import signature
from tidefall.op.traits import NO_EXTERNAL_STATE


class DataServiceNode(Node):
    """What the workers of a service make.

    Args:
        reading: what to read, but for the iteration's name and repetition.
        job_name: the name of the job to share; "" for one of its own.
    """

    title = "distribute"

    def __init__(self, reading: dict[str, Any], job_name: str):
        self._reading = reading
        self._job_name = job_name
        self._repetitions = 0

    def describe(self, asked: str) -> Stage:
        return Stage(ONE_BY_ONE, arguments={"": self._reading["address"]})

    def make_iterator(self) -> ElementIterator:
        name, repetition = self._job_name, self._repetitions
        self._repetitions += 1
        if not name:
            name, repetition = uuid.uuid4().hex, 0
        iteration = {**self._reading["iteration"], "name": name, "repetition": repetition}
        session = Session(Reading(**{**self._reading, "iteration": iteration}))
        if iteration["consumers"] > 0:
            return _FromService(RoundRobinReader(session))
        return _FromService(FirstComeReader(session))


class _FromService(ElementIterator):
    __slots__ = ("__weakref__", "_reader")

    def __init__(self, reader: FirstComeReader | RoundRobinReader):
        self._reader = reader
        weakref.finalize(self, reader.close)

    def __next__(self) -> Element:
        return self._reader.next()


def _build(
    dataset_id: Any,
    policy: Any,
    address: Any,
    job_name: Any,
    consumer_index: Any,
    num_consumers: Any,
    max_outstanding_requests: Any,
    *,
    target_workers: str,
    trainer_id: str,
    output_types: Sequence[DType],
) -> Node:
    ahead, name = int(max_outstanding_requests), text(job_name)
    if ahead != -1 and ahead < 1:
        raise InvalidArgumentError(None, None, "max_outstanding_requests must be positive or -1")
    target = text(target_workers).upper()
    if target not in ("AUTO", "ANY", "LOCAL"):
        raise InvalidArgumentError(
            None,
            None,
            f"target_workers must be AUTO, ANY or LOCAL. Received: {text(target_workers)}",
        )
    if trainer_id and not name:
        raise InvalidArgumentError(
            None, None, "Cross-trainer caching requires named jobs. Got empty `job_name`."
        )
    sharding = ShardingPolicy(int(policy))
    if sharding.is_static and target == "AUTO":
        target = "LOCAL"
    known = ask(text(address), "GetDataset", dataset_id=text(dataset_id))
    reading = {
        "address": text(address),
        "iteration": {
            "dataset_id": text(dataset_id),
            "policy": int(sharding),
            "consumers": int(num_consumers),
            "target": target,
            "is_cached": bool(trainer_id),
        },
        "consumer": int(consumer_index),
        "ahead": ahead,
        "trainer": text(trainer_id),
        "is_local": target == "LOCAL",
        "is_owned": not name,
        "compression": known["compression"],
        "types": [dtype.as_datatype_enum for dtype in output_types],
    }
    return DataServiceNode(reading, name)


data_service_dataset_op = dataset_op(
    "_DataServiceDataset",
    _build,
    signature(
        "_DataServiceDataset",
        {
            "in": [
                ["dataset_id", "string"],
                ["policy", "int64"],
                ["address", "string"],
                ["job_name", "string"],
                ["consumer_index", "int64"],
                ["num_consumers", "int64"],
                ["max_outstanding_requests", "int64"],
            ],
            "out": [["handle", "variant"]],
            "stateful": True,
            "attrs": {
                "target_workers": {"type": "string", "default": "AUTO"},
                "trainer_id": {"type": "string", "default": ""},
                "output_types": {"type": "list(type)"},
                "output_shapes": {"type": "list(shape)"},
            },
        },
    ),
)


def ask(address: str, method: str, **fields: Any) -> Message:
    """The answer of a dispatcher, which may still be about to start.

    Raises:
        UnavailableError: it cannot be reached.
    """
    peer = Peer(address)
    try:
        return peer.insist(method, PATIENCE, **fields)
    finally:
        peer.close()


def _bytes(value: str | bytes) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value


def _register(
    dataset: Any,
    address: Any,
    protocol: Any,
    *,
    element_spec: str | bytes,
    metadata: str | bytes,
    requested_dataset_id: str,
) -> np.ndarray:
    check_protocol(text(protocol))
    reply = ask(
        text(address),
        "RegisterDataset",
        graph=graph_of_node(node_of(dataset)),
        spec=_bytes(element_spec),
        compression=text(metadata),
        dataset_id=text(requested_dataset_id),
    )
    return np.array(reply["dataset_id"].encode(), object)


register_dataset_op = op(
    "RegisterDatasetV2",
    shape=scalar,
    host=_register,
    effects=ANYTHING | WRITES_OUTSIDE,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)


def _distributed_save(
    dataset: Any, directory: Any, address: Any, *, metadata: str | bytes
) -> tuple[()]:
    known = state_codec.decode(_bytes(metadata))
    ask(
        text(address),
        "SaveDataset",
        graph=graph_of_node(node_of(dataset)),
        path=os.path.abspath(local_path(text(directory))),
        spec=known["spec"],
        types=known["types"],
        compression=file_compression(known["compression"]),
    )
    return ()


distributed_save_op = op(
    "DistributedSave",
    shape=lambda c: [],
    host=_distributed_save,
    effects=ANYTHING | WRITES_OUTSIDE,
    traits=(NO_EXTERNAL_STATE,),
    gradient=NOT_DIFFERENTIABLE,
)
