"""`make bench-serving`: the highest rates the servers sustain with a p99 under a limit.

    python -m benchmarks.serving                       # every case
    python -m benchmarks.serving 'tidefall digits *'   # those a pattern names
    python -m benchmarks.serving --list

Server and load generator share the machine, over loopback. Each case starts its server afresh,
warms it, and searches the rate; where not even one request after the other stays under the limit,
the closed loop is reported instead. Results are merged into the file, so that cases can be measured
one by one. A peer that is not installed is left out (`make peers-serving` installs them).
"""

import argparse
import base64
import fnmatch
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import machine, results_of, write_whole
from benchmarks.serving.report import markdown
from tidefall.base.command_line import run

REPO = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("TIDEFALL_PEERS", REPO / ".peers"))
SCRIPTS = Path(__file__).parent / "peers"
MODELS = REPO / "build" / "serving_models"
LIMIT_MS = 50.0


@dataclass(frozen=True)
class Case:
    """A server, a model, a protocol, and whether requests are batched."""

    server: str
    model: str
    protocol: str
    batched: bool

    def __str__(self) -> str:
        batching = "batched" if self.batched else "single"
        return f"{self.server} {self.model} {self.protocol} {batching}"


def cases() -> list[Case]:
    """All cases, ours first."""
    found = []
    for model in ("half_plus_two", "digits", "resnet50"):
        for batched in (False, True):
            found += [Case("tidefall", model, protocol, batched) for protocol in ("rest", "grpc")]
            for server in ("bentoml", "litserve", "ray"):
                if (server, model) != ("bentoml", "resnet50"):  # It takes arrays as JSON lists.
                    found.append(Case(server, model, "rest", batched))
    return found


def body(model: str) -> bytes:
    """The JSON body of a request with one row."""
    values = np.random.default_rng(0)
    if model == "half_plus_two":
        return b'{"instances": [1.5]}'
    if model == "digits":
        image = values.integers(0, 17, (8, 8, 1)).astype(float).tolist()
        return json.dumps({"instances": [image]}).encode()
    pixels = base64.b64encode(values.bytes(224 * 224 * 3)).decode()
    return json.dumps({"signature_name": "bytes", "instances": [{"b64": pixels}]}).encode()


class Server:
    """A server in a process group of its own, until the `with` block ends."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.port, self.grpc_port = free_port(), free_port()
        self.path = f"/v1/models/{case.model}:predict" if case.server == "tidefall" else "/predict"

    def command(self) -> list[str]:
        case, batch = self.case, str(int(self.case.batched))
        if case.server == "tidefall":
            flags = {"model_name": case.model, "model_base_path": MODELS / case.model}
            flags |= {"rest_api_port": self.port}
            flags |= {"port": self.grpc_port} if case.protocol == "grpc" else {}
            options = ["--enable_batching"] if case.batched else []
            given = [f"--{name}={value}" for name, value in flags.items()]
            return [sys.executable, "-m", "tidefall", "serve", *given, *options]
        python = PEERS / case.server / "bin" / "python"
        if case.server == "bentoml":
            service = f"bentoml_server:{'Batched' if case.batched else 'Single'}"
            flags = ["--host", "127.0.0.1", "--port", str(self.port), "-q"]
            return [str(python), "-m", "bentoml", "serve", service, *flags]
        return [str(python), f"{case.server}_server.py", case.model, str(self.port), batch]

    def __enter__(self) -> "Server":
        environment = {**os.environ, "SERVED_MODEL": self.case.model, "BENTOML_DO_NOT_TRACK": "1"}
        environment |= {"RAY_USAGE_STATS_ENABLED": "0"}
        environment["TORCH_PATH"] = str(next(PEERS.glob("torch/lib/python*/site-packages"), ""))
        if self.case.server != "tidefall":
            environment.pop("PYTHONPATH", None)
        self.log = (REPO / "build" / "serving_bench.log").open("w")
        self.process = subprocess.Popen(
            self.command(),
            cwd=REPO if self.case.server == "tidefall" else SCRIPTS,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end = time.monotonic() + 60
        while True:
            try:
                self.ask()
                return self
            except OSError as error:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.__exit__()
                    raise SystemExit(f"{self.case}: the server did not start: {error}") from None
                time.sleep(0.1)

    def ask(self) -> None:
        """Sends one request and waits for the answer."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}",
            body(self.case.model),
            {"Content-Type": "application/json"},
        )
        urllib.request.urlopen(request, timeout=5).read()

    def __exit__(self, *exc_info: object) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        try:  # Some servers leave processes of theirs behind, busy.
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.log.close()


def free_port() -> int:
    """A port nobody listens on, outside the range that connections get theirs from."""
    while True:
        port = random.randint(10_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port


def measure(case: Case, seconds: float) -> dict:
    """The figures of a case."""
    with Server(case) as server:
        flags = [f"--model_name={case.model}", f"--url=http://127.0.0.1:{server.port}"]
        if case.protocol == "grpc":
            flags += [f"--grpc=127.0.0.1:{server.grpc_port}"]
        else:
            file = REPO / "build" / "serving_body.json"
            file.write_bytes(body(case.model))
            flags += [f"--path={server.path}", f"--body_file={file}"]
        large = case.model == "resnet50"
        few, many = ("1", "4") if large else ("1", "64")
        warm = bench(flags, "--seconds=5", "--warmup=0", f"--connections={many}")
        search = f"--seconds={seconds}", "--warmup=0.5", "--timeout=5"
        connections = "--connections=8" if large else "--connections=128"
        found = bench(flags, "--find_rate", f"--p99_ms={LIMIT_MS}", connections, *search)
        closed = bench(flags, f"--seconds={seconds}", "--warmup=0", f"--connections={few},{many}")
    return {
        "highest": found[0] if found else None,
        "closed": closed,
        "warm_up": warm,
    }


def bench(flags: list[str], *more: str) -> list[dict]:
    """Runs the load generator; nothing where it found no answer."""
    command = [sys.executable, "-m", "tidefall", "bench-serving", "--output=json", *flags, *more]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPO)
    if not done.stdout:
        sys.stderr.write(done.stderr)
        return []
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("patterns", nargs="*", default=["*"])
    parser.add_argument("--list", action="store_true", help="only name the cases")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each trial")
    parser.add_argument("--output", type=Path, default=results_of(machine()) / "serving.json")
    flags = parser.parse_args()
    chosen = [c for c in cases() if any(fnmatch.fnmatch(str(c), p) for p in flags.patterns)]
    if flags.list:
        print("\n".join(map(str, chosen)))
        return
    # In a process of its own, so that this one stays small.
    subprocess.run([sys.executable, "-m", "benchmarks.serving.exports", str(MODELS)], check=True)
    results = json.loads(flags.output.read_text()) if flags.output.exists() else {}
    results["machine"] = machine()
    results["limit_ms"] = LIMIT_MS
    for case in chosen:
        if case.server != "tidefall" and not (PEERS / case.server).is_dir():
            print(f"{case}: not installed")
            continue
        figures = measure(case, flags.seconds)
        results.setdefault("cases", {})[str(case)] = figures
        best = figures["highest"]
        print(f"{case}: {best['answered_per_second'] if best else 'none'}", flush=True)
        write_whole(flags.output, json.dumps(results, indent=1) + "\n")
        write_whole(flags.output.with_suffix(".md"), markdown(results))


if __name__ == "__main__":
    run(main)
