"""The results as a table."""

from benchmarks.machine import described

_HEAD = (
    "| Model | Protocol | Server | single: requests/s | p99 ms | batched: requests/s | p99 ms |\n"
    "| --- | --- | --- | ---: | ---: | ---: | ---: |\n"
)


def markdown(results: dict) -> str:
    """The highest rates, a row for each model, protocol and server."""
    rows: dict[tuple[str, str, str], dict[str, dict]] = {}
    for name, figures in results.get("cases", {}).items():
        server, model, protocol, batching = name.split()
        rows.setdefault((model, protocol, server), {})[batching] = figures
    order = {"half_plus_two": 0, "digits": 1, "resnet50": 2}
    keys = sorted(rows, key=lambda k: (order[k[0]], k[1] != "rest", k[2] != "tidefall", k[2]))
    lines = [
        f"| {model} | {protocol} | {server} | "
        + " | ".join(_cells(rows[model, protocol, server].get(b)) for b in ("single", "batched"))
        + " |\n"
        for model, protocol, server in keys
    ]
    return (
        "# Load tests of the model server\n\n"
        f"The highest open-loop rate with a p99 under {results['limit_ms']:g} ms, server and load "
        f"generator on the same machine, one row to a request. Where no "
        "rate stays under it, the closed loop with the fewest connections is shown in brackets: "
        "requests/s and its p99. "
        "`make bench-serving` measures again; docs/serving.md says how.\n"
        f"{described(results['machine'])}\n\n" + _HEAD + "".join(lines)
    )


def _cells(figures: dict | None) -> str:
    if figures is None:
        return "- | -"
    best = figures["highest"]
    if best:
        return f"{best['answered_per_second']:.0f} | {best['latency_ms']['p99']:.1f}"
    if not figures["closed"]:
        return "failed | -"
    closed = figures["closed"][0]
    return f"({closed['answered_per_second']:.1f}) | ({closed['latency_ms']['p99']})"
