"""`tf.data.experimental.service.distribute` and what it is made of."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from tidefall.base import dtypes
from tidefall.base.errors import NotFoundError
from tidefall.base.exports import export
from tidefall.base.state import state
from tidefall.data.dataset import DatasetV2, new_dataset
from tidefall.data.engine.node import AUTOTUNE
from tidefall.data.engine.structure import Structure
from tidefall.data.options import AutoShardPolicy, ExternalStatePolicy, Options
from tidefall.data.service.client import (
    ask,
    data_service_dataset_op,
    distributed_save_op,
    register_dataset_op,
)
from tidefall.data.service.configs import CrossTrainerCache, sharding_policy
from tidefall.data.service.rpc import check_protocol
from tidefall.data.state import state_codec
from tidefall.data.transformations.with_options import with_options
from tidefall.graph.static_values import static_value
from tidefall.tensor.conversion import convert_to_tensor
from tidefall.tensor.tensor import Tensor

_COMPRESSIONS = ("AUTO", None, "SNAPPY")


@export("data.experimental.service.distribute")
def distribute(
    processing_mode: Any,
    service: Any,
    job_name: Any = None,
    consumer_index: Any = None,
    num_consumers: Any = None,
    max_outstanding_requests: Any = None,
    data_transfer_protocol: str | None = None,
    compression: str | None = "AUTO",
    cross_trainer_cache: CrossTrainerCache | None = None,
    target_workers: str = "AUTO",
) -> Callable[[DatasetV2], DatasetV2]:
    """Have the workers of a tf.data service make the elements of a dataset.

    What stands before is sent to the service, and must not need this process: no Python functions,
    variables or tables. What follows runs here. Every iteration is a new job of the service.

    Args:
        processing_mode: a `ShardingPolicy`, "parallel_epochs" (OFF: each worker gives all elements)
            or "distributed_epoch" (DYNAMIC: each element is given by one worker).
        service: the dispatcher: "grpc://host:port", "host:port" or ("grpc", "host:port").
        job_name: datasets with the same name share the elements of one job.
        consumer_index: the place of this reader among `num_consumers`: in each round every reader
            gets one of as many consecutive elements of one worker. The dataset must not end.
        num_consumers: how many readers there are; needs `job_name`.
        max_outstanding_requests: how many elements may be on their way at a time.
        data_transfer_protocol: None or "grpc".
        compression: "SNAPPY" compresses elements on their way; "AUTO" and None do not.
        cross_trainer_cache: workers keep elements for several training programs; needs `job_name`
            and a dataset that does not end.
        target_workers: "AUTO", "ANY", or "LOCAL" for those of this process.

    Returns:
        A function for `Dataset.apply`.

    Raises:
        ValueError: an argument is none of these.
        tf.errors.UnavailableError: when applied: the service cannot be reached.
        tf.errors.FailedPreconditionError: when applied: the dataset needs this process.

    >>> import tidefall as tf
    >>> service = tf.data.experimental.service
    >>> dispatcher = service.DispatchServer()
    >>> config = service.WorkerConfig(dispatcher_address=dispatcher.target.split("://")[1])
    >>> workers = [service.WorkerServer(config) for _ in range(2)]
    >>> dataset = tf.data.Dataset.range(5).map(lambda x: x * x)
    >>> dataset = dataset.apply(service.distribute("distributed_epoch", dispatcher.target))
    >>> sorted(int(x) for x in dataset.map(lambda x: x + 1))
    [1, 2, 5, 10, 17]
    """
    policy = sharding_policy(processing_mode)
    _check_compression(compression)
    _check_job_name(job_name)

    def apply(dataset: DatasetV2) -> DatasetV2:
        return _read(
            policy,
            service,
            register_dataset(service, dataset, compression),
            dataset.element_spec,
            job_name,
            consumer_index,
            num_consumers,
            max_outstanding_requests,
            data_transfer_protocol,
            cross_trainer_cache,
            target_workers,
        )

    return apply


@export("data.experimental.service.register_dataset")
def register_dataset(
    service: Any, dataset: DatasetV2, compression: str | None = "AUTO", dataset_id: Any = None
) -> Any:
    """Send a dataset to a tf.data service, for `from_dataset_id`, perhaps in another process.

    Args:
        service: the dispatcher, as of `distribute`.
        dataset: the dataset; it must not need this process.
        compression: as of `distribute`.
        dataset_id: its name; by default a new one. A name that is known already keeps the dataset
            it has.

    Returns:
        The name, a scalar string tensor.

    Raises:
        tf.errors.UnavailableError: the service cannot be reached; the message says for how long.
        tf.errors.FailedPreconditionError: the dataset needs this process.
        tf.errors.InvalidArgumentError: the name belongs to a dataset of other elements.

    >>> import tidefall as tf
    >>> dispatcher = tf.data.experimental.service.DispatchServer()
    >>> dataset = tf.data.Dataset.range(3)
    >>> tf.data.experimental.service.register_dataset(
    ...     dispatcher.target, dataset, dataset_id="numbers").numpy()
    b'numbers'
    """
    from tidefall.io.codecs.structured import encode

    _check_compression(compression)
    protocol, address = _parts(service)
    policy = dataset.options().experimental_external_state_policy or ExternalStatePolicy.WARN
    return register_dataset_op(
        dataset._variant_tensor,
        convert_to_tensor(address, dtypes.string),
        convert_to_tensor(protocol, dtypes.string),
        element_spec=encode(dataset.element_spec).SerializeToString(),
        external_state_policy=int(policy.value),
        metadata="SNAPPY" if compression == "SNAPPY" else "",
        requested_dataset_id="" if dataset_id is None else _text(dataset_id),
    )


@export("data.experimental.service.from_dataset_id")
def from_dataset_id(
    processing_mode: Any,
    service: Any,
    dataset_id: Any,
    element_spec: Any = None,
    job_name: Any = None,
    consumer_index: Any = None,
    num_consumers: Any = None,
    max_outstanding_requests: Any = None,
    data_transfer_protocol: str | None = None,
    cross_trainer_cache: CrossTrainerCache | None = None,
    target_workers: str = "AUTO",
) -> DatasetV2:
    """The elements of a dataset that was registered with a tf.data service.

    Args:
        processing_mode: as of `distribute`, like all that is not named here.
        service: the dispatcher.
        dataset_id: what `register_dataset` returned.
        element_spec: the element spec; the service knows it, but for functions it must be given.
        job_name: the name of a job to share.
        consumer_index: the place of this reader among `num_consumers`.
        num_consumers: how many readers there are.
        max_outstanding_requests: how many elements may be on their way at a time.
        data_transfer_protocol: None or "grpc".
        cross_trainer_cache: workers keep elements for several training programs.
        target_workers: "AUTO", "ANY" or "LOCAL".

    Raises:
        ValueError: an argument is wrong, or there is no such dataset and no `element_spec`.
        tf.errors.NotFoundError: there is no such dataset.

    >>> import tidefall as tf
    >>> service = tf.data.experimental.service
    >>> dispatcher = service.DispatchServer()
    >>> worker = service.WorkerServer(
    ...     service.WorkerConfig(dispatcher_address=dispatcher.target.split("://")[1]))
    >>> name = service.register_dataset(dispatcher.target, tf.data.Dataset.range(3))
    >>> [int(x) for x in service.from_dataset_id("parallel_epochs", dispatcher.target, name)]
    [0, 1, 2]
    """
    policy = sharding_policy(processing_mode)
    if job_name is not None and not isinstance(job_name, Tensor):
        _check_job_name(job_name)
    if element_spec is None:
        if state.graph is not None:
            raise ValueError("In graph mode `element_spec` must be provided manually.")
        element_spec = _known_spec(service, _text(dataset_id))
    return _read(
        policy,
        service,
        dataset_id,
        element_spec,
        job_name,
        consumer_index,
        num_consumers,
        max_outstanding_requests,
        data_transfer_protocol,
        cross_trainer_cache,
        target_workers,
    )


def _read(
    policy: Any,
    service: Any,
    dataset_id: Any,
    element_spec: Any,
    job_name: Any,
    consumer_index: Any,
    num_consumers: Any,
    max_outstanding_requests: Any,
    data_transfer_protocol: str | None,
    cross_trainer_cache: CrossTrainerCache | None,
    target_workers: str,
) -> DatasetV2:
    if (consumer_index is None) != (num_consumers is None):
        raise ValueError(
            "Must either set both `consumer_index` and `num_consumers`, or neither. "
            f"consumer_index={consumer_index}, num_consumers={num_consumers}"
        )
    if num_consumers is not None and job_name is None:
        raise ValueError(
            "`job_name` must be set when setting `num_consumers`. num_consumers was set to "
            f"{num_consumers}."
        )
    if data_transfer_protocol not in (None, "grpc"):
        raise NotFoundError(
            None, None, f"Protocol '{data_transfer_protocol}' is not available; use 'grpc'."
        )
    protocol, address = _parts(service)
    check_protocol(protocol)
    structure = Structure(element_spec)
    known = dataset_id if isinstance(dataset_id, Tensor) else _text(dataset_id)
    variant = data_service_dataset_op(
        convert_to_tensor(known, dtypes.string),
        _int64(policy),
        convert_to_tensor(address, dtypes.string),
        convert_to_tensor("" if job_name is None else job_name, dtypes.string),
        _int64(-1 if consumer_index is None else consumer_index),
        _int64(-1 if num_consumers is None else num_consumers),
        _int64(AUTOTUNE if max_outstanding_requests is None else max_outstanding_requests),
        target_workers=target_workers,
        trainer_id="" if cross_trainer_cache is None else cross_trainer_cache.trainer_id,
        name="DataServiceDataset",
        **structure.attrs,
    )
    dataset = new_dataset(variant, structure, kind="_DataServiceDatasetV2")
    if job_name is not None:
        # Readers of a shared job have different elements already.
        options = Options()
        options.experimental_distribute.auto_shard_policy = AutoShardPolicy.OFF
        dataset = with_options(dataset, options)
    return dataset


@export("data.experimental.distributed_save")
def distributed_save(
    dataset: DatasetV2, path: Any, data_service_address: str, compression: str | None = "AUTO"
) -> Any:
    """Have the workers of a tf.data service write a dataset to files; it returns at once.

    `Dataset.load(path, wait=True)` waits until they are done. A part of a worker that dies is
    written again by another one.

    Args:
        dataset: the dataset; its sources must be such that their elements can be handed out.
        path: a folder that is not there yet, which all workers reach.
        data_service_address: the dispatcher's "host:port"; it must be in fault tolerant mode.
        compression: None, "GZIP", "SNAPPY", or "AUTO" for none.

    Raises:
        ValueError: the address is empty or no string.
        tf.errors.AlreadyExistsError: the folder is there, or is being written.
        tf.errors.InvalidArgumentError: the dispatcher is not in fault tolerant mode.

    >>> import os, tempfile
    >>> import tidefall as tf
    >>> service = tf.data.experimental.service
    >>> folder = tempfile.mkdtemp()
    >>> dispatcher = service.DispatchServer(service.DispatcherConfig(
    ...     fault_tolerant_mode=True, work_dir=os.path.join(folder, "work")))
    >>> address = dispatcher.target.split("://")[1]
    >>> worker = service.WorkerServer(service.WorkerConfig(dispatcher_address=address))
    >>> path = os.path.join(folder, "saved")
    >>> tf.data.experimental.distributed_save(tf.data.Dataset.range(3), path, address)
    >>> sorted(int(x) for x in tf.data.Dataset.load(path, wait=True))
    [0, 1, 2]
    """
    from tidefall.io.codecs.structured import encode

    if not isinstance(data_service_address, str):
        raise ValueError(
            f"`data_service_address` must be a string, but is a {type(data_service_address)} "
            f"({data_service_address}"
        )
    if not data_service_address:
        raise ValueError("`data_service_address` must not be empty")
    metadata = {
        "spec": encode(dataset.element_spec).SerializeToString(),
        "types": [t.as_datatype_enum for t in dataset._flat_structure["output_types"]],
        "compression": compression,
    }
    made = distributed_save_op(
        dataset._variant_tensor,
        path if isinstance(path, Tensor) else os.fspath(path),
        data_service_address,
        metadata=state_codec.encode(metadata),
    )
    return None if state.graph is None else made


def _int64(value: Any) -> Any:
    return convert_to_tensor(value, dtypes.int64)


def _check_compression(compression: Any) -> None:
    if compression not in _COMPRESSIONS:
        raise ValueError(
            f"Invalid `compression` argument: {compression}. Must be one of {list(_COMPRESSIONS)}."
        )


def _check_job_name(job_name: Any) -> None:
    if job_name is None:
        return
    if not isinstance(job_name, str):
        raise ValueError(
            f"`job_name` must be a string, but `job_name` was of type {type(job_name)}. "
            f"job_name={job_name}"
        )
    if not job_name:
        raise ValueError("`job_name` must not be empty")


def _parts(service: Any) -> tuple[str, str]:
    """Protocol and address of a dispatcher; ValueError if they are none."""
    if isinstance(service, tuple):
        return service
    if not isinstance(service, str):
        raise ValueError(
            f"`service` must be a string, but `service` was of type {type(service)}. "
            f"service={service}"
        )
    if not service:
        raise ValueError("`service` must not be empty")
    parts = service.split("://")
    if len(parts) > 2:
        raise ValueError(f"Malformed `service` string has multiple '://': {service}.")
    return ("grpc", parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def _text(dataset_id: Any) -> str:
    """The name of a dataset as Python text."""
    if isinstance(dataset_id, Tensor):
        dataset_id = static_value(dataset_id)
        dataset_id = None if dataset_id is None else dataset_id.item()
    return dataset_id.decode() if isinstance(dataset_id, bytes) else str(dataset_id)


def _known_spec(service: Any, dataset_id: str) -> Any:
    from tidefall.io.codecs.structured import decode
    from tidefall.proto import StructuredValue

    protocol, address = _parts(service)
    check_protocol(protocol)
    try:
        spec = ask(address, "GetDataset", dataset_id=dataset_id)["spec"]
    except NotFoundError:
        spec = b""
    if not spec:
        raise ValueError(
            f"Failed to fetch element spec for dataset id {dataset_id} from tf.data service. If "
            "the dataset was registered in graph mode or inside a tf.function, the `element_spec` "
            "must be specified as an argument to `from_dataset_id`."
        )
    return decode(StructuredValue.FromString(spec))
