"""The load generator for gRPC. Messages go out as bytes made beforehand, and come back unread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from itertools import cycle
from typing import Any

from tidefall.base import errors
from tidefall.serving.bench.load import Load, Result

PREDICT = "/tensorflow.serving.PredictionService/Predict"


class GrpcTarget:
    """Calls a unary method with given requests, one after the other.

    Args:
        address: as in `127.0.0.1:8500`.
        requests: serialized requests, sent in turn.
        method: the method's full name.
        channels: connections to share the calls among.
    """

    def __init__(
        self, address: str, requests: Sequence[bytes], method: str = PREDICT, channels: int = 2
    ) -> None:
        try:
            import grpc
        except ImportError:
            message = "gRPC loads need the package grpcio: pip install 'tidefall[serve]'"
            raise errors.UnavailableError(None, None, message) from None
        self.grpc: Any = grpc
        self.address, self.requests, self.method, self.channels = (
            address,
            requests,
            method,
            channels,
        )

    def run(self, load: Load) -> Result:
        """Sends a load and measures."""
        # A pool of its own for each channel, or all would share one connection.
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1)]
        channels = [
            self.grpc.insecure_channel(self.address, options=options) for _ in range(self.channels)
        ]
        try:
            for channel in channels:
                self.grpc.channel_ready_future(channel).result(timeout=10)
            calls = [channel.unary_unary(self.method) for channel in channels]
            run = _Run(load, calls, self.requests)
            return run.open_loop() if load.rate is not None else run.closed_loop()
        except self.grpc.FutureTimeoutError:
            message = f"cannot connect to {self.address}"
            raise errors.UnavailableError(None, None, message) from None
        finally:
            for channel in channels:
                channel.close()


class _Run:
    """One load under way. Calls are begun by the thread that runs it and end on grpc's threads."""

    def __init__(self, load: Load, calls: Sequence[Any], requests: Sequence[bytes]) -> None:
        self.load = load
        self.calls, self.requests = cycle(calls), cycle(requests)
        self.result = Result(load)
        self.free = threading.Semaphore(load.connections)
        self.begin = time.perf_counter()
        self.measured_from = self.begin + load.warmup
        self.end = self.measured_from + load.seconds

    def closed_loop(self) -> Result:
        """As many calls under way as there may be."""
        while time.perf_counter() < self.end:
            if self.free.acquire(timeout=0.1):
                self._call(time.perf_counter())
        self.result.seconds = self.load.seconds
        self._wait()
        return self.result

    def open_loop(self) -> Result:
        """Calls at the times of the arrivals."""
        for arrival in self.load.arrivals():
            intended = self.begin + arrival
            while (early := intended - time.perf_counter()) > 0:
                time.sleep(early)
            if not self.free.acquire(timeout=self.load.give_up):
                self.result.gave_up = True
                break
            late = time.perf_counter() - intended
            if late > self.load.give_up:
                self.free.release()
                self.result.gave_up = True
                break
            if intended >= self.measured_from:
                self.result.late.append(late)
            self._call(intended)
        last = time.perf_counter() if self.result.gave_up else self.end
        self.result.seconds = max(last - self.measured_from, 1e-9)
        self._wait()
        return self.result

    def _call(self, intended: float) -> None:
        future = next(self.calls).future(next(self.requests), timeout=self.load.timeout)
        future.add_done_callback(self._taker(intended))

    def _taker(self, intended: float) -> Callable[[Any], None]:
        def take(future: Any) -> None:
            now = time.perf_counter()
            self.free.release()
            if intended < self.measured_from:
                return
            code = future.code()
            if code.value[0]:
                self.result.failures[code.name] += 1
            elif self.load.rate is not None or now <= self.end:
                self.result.latencies.append(now - intended)

        return take

    def _wait(self) -> None:
        """Waits for the calls under way; each ends by its own timeout."""
        for _ in range(self.load.connections):
            self.free.acquire(timeout=self.load.timeout + 1)
