"""Servers in processes of their own, which tests kill and stop."""

import subprocess
import sys

import tidefall as tf

service = tf.data.experimental.service

_WORKER = """
import sys
import tidefall as tf
service = tf.data.experimental.service
worker = service.WorkerServer(service.WorkerConfig(
    dispatcher_address=sys.argv[1], heartbeat_interval_ms=100))
print(worker._address, flush=True)
worker.join()
"""

_DISPATCHER = """
import sys
import tidefall as tf
service = tf.data.experimental.service
server = service.DispatchServer(service.DispatcherConfig(
    port=int(sys.argv[1]), fault_tolerant_mode=True, work_dir=sys.argv[2]))
print(server.target, flush=True)
server.join()
"""


def _process(program, *arguments):
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().strip()


def worker_process(dispatcher):
    """A worker that has registered: its process and address."""
    return _process(_WORKER, address_of(dispatcher))


def dispatcher_process(port, work_dir):
    """A fault tolerant dispatcher: its process and target."""
    return _process(_DISPATCHER, str(port), str(work_dir))


def address_of(dispatcher):
    target = dispatcher if isinstance(dispatcher, str) else dispatcher.target
    return target.split("://")[-1]


def worker_of(dispatcher, **fields):
    fields = {"heartbeat_interval_ms": 50, **fields}
    return service.WorkerServer(
        service.WorkerConfig(dispatcher_address=address_of(dispatcher), **fields)
    )


def end(process):
    process.kill()
    process.wait()
    process.stdout.close()
