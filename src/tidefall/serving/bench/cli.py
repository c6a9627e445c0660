"""The command line of the load generator."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

import numpy as np

from tidefall.base import errors
from tidefall.serving.bench.grpc_target import GrpcTarget
from tidefall.serving.bench.http_target import HttpTarget
from tidefall.serving.bench.load import Load, Result, Target, table
from tidefall.serving.bench.payloads import (
    grpc_body,
    random_inputs,
    rest_body,
    signature_inputs,
)
from tidefall.serving.bench.search import highest_rate

_EXAMPLES = """\
examples:
  tidefall bench-serving --model_name=digits --rate=500
  tidefall bench-serving --model_name=digits --connections=1,8,64
  tidefall bench-serving --model_name=digits --find_rate --p99_ms=50
  tidefall bench-serving --model_name=digits --grpc=127.0.0.1:8500 --rate=500,1000
"""


def main(arguments: Sequence[str]) -> int:
    """Runs the load generator; returns the exit status.

    Args:
        arguments: the command line without the program's name.
    """
    flags = _parse(arguments)
    try:
        results = _run(flags, _target(flags))
    except errors.OpError as error:
        sys.stderr.write(f"tidefall bench-serving: {error.message}\n")
        return 1
    if flags.output == "json":
        sys.stdout.write(json.dumps([result.as_json() for result in results], indent=2) + "\n")
    else:
        sys.stdout.write(table(results) + "\n")
    return 0 if results and results[-1].latencies else 1


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tidefall bench-serving",
        description="Measures a model server: requests per second and quantiles of latency.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--url", default="http://127.0.0.1:8501", help="of the REST API (%(default)s)")
    add("--grpc", metavar="HOST:PORT", help="send Predict calls over gRPC instead of REST")
    add("--model_name", default="default", help="(%(default)s)")
    add("--version", type=int, help="of the model; the server chooses unless given")
    add("--signature_name", default="", help="the default signature unless given")
    add("--path", help="post the bodies there, to a server that has another API")
    body = parser.add_mutually_exclusive_group()
    body.add_argument("--body_file", type=Path, help="a file to send as it is")
    body.add_argument("--json", help="a JSON body to send")
    add("--rows", type=int, default=1, help="rows of a random request (%(default)s)")
    add("--bodies", type=int, default=16, help="different random requests (%(default)s)")
    add(
        "--rate",
        type=_numbers(float),
        default=[None],
        help="requests per second, sent at random times whatever the answers do; "
        "a list is measured one after the other; without it each connection sends as it is free",
    )
    add(
        "--connections",
        type=_numbers(int),
        help="connections, or gRPC calls under way, at most; a list as for --rate "
        "(16; with a rate 256)",
    )
    add("--seconds", type=_positive, default=10.0, help="to measure (%(default)s)")
    add("--warmup", type=float, default=1.0, help="seconds before that (%(default)s)")
    add("--timeout", type=_positive, default=10.0, help="of one request (%(default)s)")
    add("--seed", type=int, default=0, help="of random inputs and times (%(default)s)")
    add("--find_rate", action="store_true", help="search the highest rate under --p99_ms")
    add("--p99_ms", type=_positive, default=50.0, help="the limit of --find_rate (%(default)s)")
    add("--output", choices=("table", "json"), default="table", help="(%(default)s)")
    flags = parser.parse_args(arguments)
    if flags.rows < 1 or flags.bodies < 1:
        parser.error("--rows and --bodies must be positive")
    if flags.path and not (flags.json or flags.body_file):
        parser.error("--path needs --json or --body_file: there is no metadata to make bodies from")
    return flags


def _numbers(kind: type[float]) -> Callable[[str], list[float]]:
    def parse(text: str) -> list[float]:
        values = [kind(part) for part in text.split(",")]
        if min(values) <= 0:
            raise argparse.ArgumentTypeError(f"expected positive numbers, received {text}")
        return values

    return parse


def _positive(text: str) -> float:
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"expected a positive number, received {text}")
    return value


def _target(flags: argparse.Namespace) -> Target:
    if flags.grpc:
        return GrpcTarget(flags.grpc, _bodies(flags))
    url: str = flags.url
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        message = f"expected --url=http://HOST:PORT, received {url}"
        raise errors.InvalidArgumentError(None, None, message)
    path = flags.path
    if path is None:
        version = "" if flags.version is None else f"/versions/{flags.version}"
        path = f"/v1/models/{quote(flags.model_name, safe='')}{version}:predict"
    return HttpTarget(parts.hostname, parts.port or 80, path, _bodies(flags))


def _bodies(flags: argparse.Namespace) -> list[bytes]:
    if flags.json is not None:
        return [flags.json.encode()]
    if flags.body_file is not None:
        try:
            return [flags.body_file.read_bytes()]
        except OSError as error:
            message = f"cannot read {flags.body_file}: {error.strerror}"
            raise errors.NotFoundError(None, None, message) from None
    inputs = signature_inputs(flags.url, flags.model_name, flags.signature_name)
    random = np.random.default_rng(flags.seed)
    requests = [random_inputs(inputs, flags.rows, random) for _ in range(flags.bodies)]
    if flags.grpc:
        model, version = flags.model_name, flags.version
        return [grpc_body(arrays, model, version, flags.signature_name) for arrays in requests]
    return [rest_body(arrays, flags.signature_name) for arrays in requests]


def _run(flags: argparse.Namespace, target: Target) -> list[Result]:
    rates: list[float | None] = flags.rate
    connections = flags.connections or [256 if flags.find_rate or rates[0] else 16]
    loads = [
        Load(rate, count, flags.seconds, flags.warmup, flags.timeout, seed=flags.seed)
        for rate in rates
        for count in connections
    ]
    if flags.find_rate:
        best = highest_rate(target, loads[0], flags.p99_ms / 1e3, report=_progress)
        if best is None:
            message = f"no rate has a p99 under {flags.p99_ms:g} ms without failures"
            raise errors.DeadlineExceededError(None, None, message)
        return [best]
    results: list[Result] = []
    for load in loads:
        results.append(target.run(load))
        _progress(results[-1])
    return results


def _progress(result: Result) -> None:
    offered = "closed loop" if result.load.rate is None else f"{result.load.rate:.0f}/s offered"
    if result.gave_up and not result.latencies:
        sys.stderr.write(f"{offered}: too much, the server fell behind during the warm-up\n")
        return
    behind = ", and the server fell behind" if result.gave_up else ""
    sys.stderr.write(
        f"{offered}: {result.rate:.0f}/s answered, p99 {result.quantile(0.99) * 1e3:.2f} ms, "
        f"{result.failed} failed{behind}\n"
    )
