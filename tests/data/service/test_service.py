import json
import os

import numpy as np
import pytest

import tidefall as tf
from tests.data.service import cases
from tests.data.service.servers import address_of, service, worker_of
from tidefall.data.service import client, reader

RECORDED = json.loads(cases.FILE.read_text())


def numbers(dataset):
    return sorted(int(x) for x in dataset)


@pytest.mark.parametrize("name", RECORDED)
def test_elements_are_those_of_tensorflow(name, dispatcher, workers):
    dataset = cases.pipelines(tf)[name]
    for mode in cases.MODES:
        found = cases.elements(tf, dataset, mode, dispatcher.target)
        assert found == RECORDED[name][mode], mode


def test_zipped_rows_stay_together(dispatcher, workers):
    # In TensorFlow every source is handed out for itself, and rows may be parted.
    numbers = tf.data.Dataset.range(50)
    dataset = tf.data.Dataset.zip(numbers, numbers.map(lambda x: x + 1)).enumerate()
    read = dataset.apply(service.distribute("distributed_epoch", dispatcher.target))
    found = sorted((int(i), int(a), int(b)) for i, (a, b) in read)
    assert found == [(i, i, i + 1) for i in range(50)]


def test_files_are_handed_out(dispatcher, workers, tmp_path):
    for i in range(5):
        (tmp_path / f"{i}.txt").write_text(f"{i}\n{i + 10}\n")
    names = tf.data.Dataset.list_files(str(tmp_path / "*.txt"))
    lines = tf.data.TextLineDataset(names).map(tf.strings.to_number)
    read = lines.apply(service.distribute("distributed_epoch", dispatcher.target))
    assert numbers(read) == [*range(5), *range(10, 15)]


def test_repeat_after_it_is_a_new_job(dispatcher, workers):
    read = tf.data.Dataset.range(3).apply(
        service.distribute("distributed_epoch", dispatcher.target)
    )
    assert numbers(read.repeat(2)) == [0, 0, 1, 1, 2, 2]
    assert numbers(read) == numbers(read) == [0, 1, 2]


def test_in_a_function(dispatcher, workers):
    @tf.function
    def total():
        dataset = tf.data.Dataset.range(5)
        dataset = dataset.apply(service.distribute("distributed_epoch", dispatcher.target))
        return dataset.reduce(np.int64(0), lambda state, x: state + x)

    assert int(total()) == 10


def test_snappy(dispatcher, workers):
    read = (
        tf.data.Dataset.range(9)
        .batch(3)
        .apply(service.distribute("distributed_epoch", dispatcher.target, compression="SNAPPY"))
    )
    assert sorted(x for batch in read for x in batch.numpy().tolist()) == list(range(9))


def test_named_jobs_are_shared(dispatcher, workers):
    def made():
        distribute = service.distribute("parallel_epochs", dispatcher.target, job_name="one")
        return tf.data.Dataset.range(20).apply(distribute)

    first, second = iter(made()), iter(made())
    found = [int(next(first)), int(next(second))]
    found += [int(x) for x in first] + [int(x) for x in second]
    assert sorted(found) == sorted([*range(20)] * 2)
    again = made()
    assert numbers(again) == []  # its first iteration is that job, which is over
    assert len(numbers(again)) == 40
    with pytest.raises(tf.errors.InvalidArgumentError, match="existing job with different"):
        numbers(
            tf.data.Dataset.range(3).apply(
                service.distribute("distributed_epoch", dispatcher.target, job_name="one")
            )
        )


def test_coordinated_reads_give_rounds_of_one_worker(dispatcher, workers):
    # Rounds of two batches of one size.
    dataset = (
        tf.data.Dataset.range(1, 5)
        .flat_map(lambda n: tf.data.Dataset.from_tensors(tf.fill([n], n)).repeat(2))
        .repeat()
    )
    readers = [
        iter(
            dataset.apply(
                service.distribute(
                    "parallel_epochs",
                    dispatcher.target,
                    job_name="rounds",
                    consumer_index=i,
                    num_consumers=2,
                )
            )
        )
        for i in range(2)
    ]
    for _ in range(16):
        one, two = (next(reader) for reader in readers)
        assert one.shape == two.shape
    # A consumer that is ahead gets what it would have got anyway.
    ahead = [next(readers[0]).shape for _ in range(4)]
    assert [next(readers[1]).shape for _ in range(4)] == ahead


@pytest.mark.parametrize(
    ("index", "repeats", "message"),
    [(0, False, "infinite cardinality"), (3, True, "configured for only 1 consumers")],
)
def test_coordinated_reads_refuse(index, repeats, message, dispatcher, workers):
    dataset = tf.data.Dataset.range(3)
    dataset = dataset.repeat() if repeats else dataset
    distribute = service.distribute(
        "parallel_epochs", dispatcher.target, "job", consumer_index=index, num_consumers=1
    )
    with pytest.raises(tf.errors.FailedPreconditionError, match=message):
        next(iter(dataset.apply(distribute)))


def test_cross_trainer_cache(dispatcher):
    worker = worker_of(dispatcher)
    dataset = tf.data.Dataset.range(1000).repeat()

    def first(trainer, job="cached"):
        read = dataset.apply(
            service.distribute(
                "parallel_epochs",
                dispatcher.target,
                job_name=job,
                max_outstanding_requests=1,
                cross_trainer_cache=service.CrossTrainerCache(trainer),
            )
        )
        return [int(x) for x in read.take(5)]

    assert first("a") == first("b") == [0, 1, 2, 3, 4]
    assert first("a")[0] > 4  # it has had those
    with pytest.raises(tf.errors.InvalidArgumentError, match="requires named jobs"):
        first("a", None)
    dataset = tf.data.Dataset.range(3)
    with pytest.raises(tf.errors.InvalidArgumentError, match="to be infinite"):
        first("a", "other")
    worker.stop()


@pytest.mark.parametrize("policy", ["DATA", "FILE_OR_DATA", "HINT"])
def test_static_sharding_reads_the_part_of_the_local_worker(policy):
    server = service.DispatchServer(
        service.DispatcherConfig(worker_addresses=["localhost:%port%", "elsewhere:1"])
    )
    worker = worker_of(server)
    dataset = tf.data.Dataset.range(6)
    if policy == "HINT":
        dataset = dataset.shard(tf.data.experimental.SHARD_HINT, tf.data.experimental.SHARD_HINT)
    read = dataset.apply(service.distribute(service.ShardingPolicy[policy], server.target))
    assert numbers(read) == [0, 2, 4]
    worker.stop()
    server.stop()


def test_static_sharding_needs_addresses(dispatcher, workers):
    read = tf.data.Dataset.range(6).apply(
        service.distribute(service.ShardingPolicy.DATA, dispatcher.target)
    )
    with pytest.raises(tf.errors.NotFoundError, match="not in the workers list"):
        iter(read)


def test_datasets_by_name(dispatcher, workers):
    dataset = tf.data.Dataset.range(3).map(lambda x: (x, tf.strings.as_string(x)))
    name = service.register_dataset(dispatcher.target, dataset, dataset_id="pairs")
    assert name.numpy() == b"pairs"
    read = service.from_dataset_id("distributed_epoch", dispatcher.target, name)
    assert read.element_spec == dataset.element_spec
    assert sorted((int(a), b.numpy()) for a, b in read) == [(0, b"0"), (1, b"1"), (2, b"2")]
    with pytest.raises(tf.errors.InvalidArgumentError, match="the same structure"):
        service.register_dataset(dispatcher.target, tf.data.Dataset.range(3), dataset_id="pairs")


def test_unknown_name(dispatcher):
    arguments = "parallel_epochs", dispatcher.target, "nothing"
    with pytest.raises(ValueError, match="Failed to fetch element spec"):
        service.from_dataset_id(*arguments)
    with pytest.raises(tf.errors.NotFoundError, match="nothing not found"):
        service.from_dataset_id(*arguments, element_spec=tf.TensorSpec([]))


def test_errors_of_a_pipeline_arrive(dispatcher, workers):
    dataset = tf.data.Dataset.range(3).map(
        lambda x: tf.debugging.check_numerics(1 / (tf.cast(x, tf.float32) - 1), "oh")
    )
    read = dataset.apply(service.distribute("distributed_epoch", dispatcher.target))
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"from worker .*oh"):
        list(read)


@pytest.mark.parametrize("kind", ["py_function", "generator", "variable", "table"])
def test_what_needs_this_process_is_refused(kind, dispatcher):
    six = tf.data.Dataset.range(6)
    variable = tf.Variable(np.int64(1))
    table = tf.lookup.experimental.MutableHashTable(tf.int64, tf.int64, -1)
    dataset = {
        "py_function": lambda: six.map(lambda x: tf.py_function(lambda y: y, [x], tf.int64)),
        "generator": lambda: tf.data.Dataset.from_generator(
            lambda: iter([1]), output_signature=tf.TensorSpec([], tf.int64)
        ),
        "variable": lambda: six.map(lambda x: x + variable),
        "table": lambda: six.map(table.lookup),
    }[kind]()
    with pytest.raises(tf.errors.FailedPreconditionError, match="cannot be sent to another"):
        service.register_dataset(dispatcher.target, dataset)


def test_tables_that_do_not_change_travel(dispatcher, workers):
    numbers = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer(np.arange(6), 10 * np.arange(6)), -1
    )
    names = tf.lookup.StaticHashTable(
        tf.lookup.KeyValueTensorInitializer([0, 10], ["zero", "ten"]), "many"
    )
    dataset = tf.data.Dataset.range(7).map(lambda x: names.lookup(tf.cast(numbers[x], tf.int32)))
    read = dataset.apply(service.distribute("distributed_epoch", dispatcher.target))
    assert sorted(x.numpy() for x in read) == [b"many"] * 5 + [b"ten", b"zero"]


def test_source_without_pieces_is_refused(dispatcher, workers, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("1\n2\n")
    dataset = tf.data.experimental.CsvDataset([str(path)], [tf.int32])
    read = dataset.apply(service.distribute("parallel_epochs", dispatcher.target))
    assert sorted(int(x) for (x,) in read) == [1, 1, 2, 2]


def test_taken_port(dispatcher):
    port = int(dispatcher.target.rpartition(":")[2])
    with pytest.raises(tf.errors.UnavailableError, match=f"port {port} is taken"):
        service.DispatchServer(service.DispatcherConfig(port=port))
    with pytest.raises(tf.errors.UnavailableError, match="is taken"):
        worker_of(dispatcher, port=port)


def test_service_that_is_not_there(monkeypatch):
    for module in (client, reader):
        monkeypatch.setattr(module, "PATIENCE", 0.5)
    with pytest.raises(tf.errors.UnavailableError, match=r"not be reached for 0\.\d s"):
        service.register_dataset("localhost:1", tf.data.Dataset.range(3))
    with pytest.raises(tf.errors.UnavailableError, match=r"not be reached for 0\.\d s"):
        worker_of("localhost:1", dispatcher_timeout_ms=500)


def test_service_that_goes_away(monkeypatch):
    monkeypatch.setattr(reader, "PATIENCE", 0.5)
    server = service.DispatchServer()
    worker = worker_of(server)
    read = (
        tf.data.Dataset.range(10)
        .repeat()
        .apply(service.distribute("parallel_epochs", server.target))
    )
    iterator = iter(read)
    next(iterator)
    server.stop()
    with pytest.raises(tf.errors.UnavailableError, match="could not be reached"):
        for _ in iterator:
            pass
    worker.stop()


def test_arguments_are_checked(dispatcher):
    target, six = dispatcher.target, tf.data.Dataset.range(6)
    wrong = [
        ({"processing_mode": "zip"}, "processing mode should be"),
        ({"service": 3}, "must be a string"),
        ({"service": ""}, "must not be empty"),
        ({"service": "a://b://c"}, "multiple '://'"),
        ({"job_name": ""}, "must not be empty"),
        ({"job_name": 3}, "must be a string"),
        ({"compression": "GZIP"}, "Invalid `compression`"),
        ({"consumer_index": 0, "num_consumers": 2}, "`job_name` must be set"),
    ]
    for changes, message in wrong:
        arguments = {"processing_mode": "parallel_epochs", "service": target, **changes}
        with pytest.raises(ValueError, match=message):
            six.apply(service.distribute(**arguments))
    with pytest.raises(tf.errors.NotFoundError, match="protocol http"):
        six.apply(service.distribute("parallel_epochs", f"http://{address_of(target)}"))
    with pytest.raises(tf.errors.InvalidArgumentError, match="positive or -1"):
        six.apply(service.distribute("parallel_epochs", target, max_outstanding_requests=0))
    with pytest.raises(ValueError, match="non-empty trainer ID"):
        service.CrossTrainerCache("")


def test_configs_are_those_of_tensorflow():
    assert tuple(service.DispatcherConfig()) == (0, "grpc", None, False, None, 0, 0, None, 0)
    assert service.DispatcherConfig(job_gc_timeout_ms=0).job_gc_timeout_ms == 1
    expected = "a", "localhost:%port%", 0, "grpc", 0, 0, None, "localhost:%dts_port%"
    assert tuple(service.WorkerConfig("a")) == expected
    with pytest.raises(ValueError, match="work dir"):
        service.DispatchServer(service.DispatcherConfig(fault_tolerant_mode=True))
    with pytest.raises(ValueError, match="dispatcher_address"):
        service.WorkerServer(service.WorkerConfig(None))


def test_start_and_stop(tmp_path):
    server = service.DispatchServer(start=False)
    server.start()
    worker = worker_of(server)
    assert server._num_workers() == 1
    worker.stop()
    worker.join()
    server.stop()
    server.stop()
    server.join()


def test_dispatcher_goes_on_from_its_journal(tmp_path):
    config = {"fault_tolerant_mode": True, "work_dir": str(tmp_path)}
    server = service.DispatchServer(service.DispatcherConfig(**config))
    port = int(server.target.rpartition(":")[2])
    name = service.register_dataset(server.target, tf.data.Dataset.range(3))
    server.stop()
    journal = tmp_path / "tf_data_dispatcher_journal" / "journal"
    with journal.open("ab") as file:
        file.write(b"\x90\x00\x00\x00torn")  # a change that was being written
    server = service.DispatchServer(service.DispatcherConfig(port=port, **config))
    worker = worker_of(server)
    assert numbers(service.from_dataset_id("parallel_epochs", server.target, name)) == [0, 1, 2]
    worker.stop()
    server.stop()
    data = bytearray(journal.read_bytes())
    data[20] ^= 1
    journal.write_bytes(bytes(data))
    with pytest.raises(tf.errors.DataLossError, match="damaged"):
        service.DispatchServer(service.DispatcherConfig(**config))


@pytest.mark.parametrize("compression", [None, "AUTO", "GZIP", "SNAPPY"])
def test_distributed_save(compression, tmp_path):
    server = service.DispatchServer(
        service.DispatcherConfig(fault_tolerant_mode=True, work_dir=str(tmp_path / "work"))
    )
    workers = [worker_of(server) for _ in range(2)]
    dataset = tf.data.Dataset.range(9).map(lambda x: {"x": x, "s": tf.strings.as_string(x)})
    path = str(tmp_path / "saved")
    tf.data.experimental.distributed_save(dataset, path, address_of(server), compression)
    stored = None if compression == "AUTO" else compression
    loaded = tf.data.Dataset.load(path, wait=True, compression=stored)
    assert sorted((int(e["x"]), e["s"].numpy()) for e in loaded) == [
        (i, str(i).encode()) for i in range(9)
    ]
    with pytest.raises(tf.errors.AlreadyExistsError):
        tf.data.experimental.distributed_save(dataset, path, address_of(server))
    assert not any(name.startswith(".") for name in os.listdir(path))
    for worker in workers:
        worker.stop()
    server.stop()


def test_distributed_save_needs_fault_tolerance(dispatcher, tmp_path):
    with pytest.raises(tf.errors.InvalidArgumentError, match="fault tolerant mode"):
        tf.data.experimental.distributed_save(
            tf.data.Dataset.range(3), str(tmp_path / "x"), address_of(dispatcher)
        )
