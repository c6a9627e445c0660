"""Everything there is about a span of time, in one folder, with a draft of the post-mortem."""

from __future__ import annotations

import datetime
import json
import shutil
import urllib.parse
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tidefall.base import errors
from tidefall.base.type_guards import is_dict
from tidefall.lifecycle.release.fleet import Server
from tidefall.serving.rollout.audit import audit_entries
from tidefall.serving.trust.manifest import AUDIT_LOG

_BEFORE = datetime.timedelta(hours=24)
_MAX_LINES = 10_000
_POINTS = 500
_SERIES = {
    "requests": 'sum by (version, status) (rate(tidefall_serving_requests_total{{model_name="{m}"}}[5m]))',
    "p99": "histogram_quantile(0.99, sum by (le, version) "
    '(rate(tidefall_serving_request_duration_seconds_bucket{{model_name="{m}"}}[5m])))',
    "alerts": 'ALERTS{{model_name="{m}"}}',
}


@dataclass(frozen=True)
class Sources:
    """Where to look.

    Args:
        store: the registry's folder; "" for none.
        servers: their addresses.
        token: the admin token.
        prometheus: its address; "" for none.
        monitoring: the monitoring store's folder; "" for none.
        request_log: the servers' request log; "" for none.
    """

    store: str = ""
    servers: Sequence[str] = ()
    token: str = ""
    prometheus: str = ""
    monitoring: str = ""
    request_log: str = ""


@dataclass
class _Gathered:
    """What was found, for the draft."""

    timeline: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    failures: Counter[str] = field(default_factory=Counter[str])
    requests: int = 0
    missing: list[str] = field(default_factory=list[str])
    opened: list[str] = field(default_factory=list[str])


def collect(
    model: str,
    begin: datetime.datetime,
    end: datetime.datetime,
    folder: str | Path,
    sources: Sources,
) -> Path:
    """Gather what there is about a model and a span of time.

    What cannot be had is named in the draft; the rest is gathered all the same.

    Args:
        model: the model.
        begin: the span's begin, with a time zone.
        end: its end.
        folder: is made; it appears whole.
        sources: where to look.

    Returns:
        The folder.

    Raises:
        AlreadyExistsError: the folder is there.
        InvalidArgumentError: the span ends before it begins.
    """
    target = Path(folder)
    if target.exists():
        raise errors.AlreadyExistsError(None, None, f"{target} is there already")
    if end <= begin:
        message = f"the span ends at {end.isoformat()}, before it begins at {begin.isoformat()}"
        raise errors.InvalidArgumentError(None, None, message)
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = target.parent / f".{target.name}-{uuid.uuid4().hex}"
    staged.mkdir()
    found = _Gathered()
    look = _Look(model, begin, end, staged, found)
    try:
        for name, gather, wanted in (
            ("registry", look.registry, sources.store),
            ("request log", look.request_log, sources.request_log),
            ("Prometheus", look.prometheus, sources.prometheus),
            ("monitoring", look.monitoring, sources.monitoring),
        ):
            if wanted:
                _try(name, found, lambda gather=gather, wanted=wanted: gather(wanted))
            else:
                found.missing.append(f"{name}: not asked for")
        for place, url in enumerate(sources.servers):
            server = Server(url, sources.token)
            for what in ("readyz", "models", "audit", "metrics"):
                _try(
                    f"{url} {what}", found,
                    lambda s=server, w=what, p=place: look.server(s, w, p),
                )  # fmt: skip
        (staged / "post_mortem.md").write_text(_draft(look, found), encoding="utf-8")
        staged.rename(target)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return target


def _try(name: str, found: _Gathered, gather: Callable[[], None]) -> None:
    try:
        gather()
    except (errors.OpError, OSError, ValueError) as error:
        message = error.message if isinstance(error, errors.OpError) else str(error)
        found.missing.append(f"{name}: {message}")


class _Look:
    """Looks in each place for what belongs to a span of time."""

    def __init__(
        self,
        model: str,
        begin: datetime.datetime,
        end: datetime.datetime,
        folder: Path,
        found: _Gathered,
    ) -> None:
        self.model, self.begin, self.end = model, begin, end
        self.folder, self._found = folder, found

    def write(self, name: str, content: str) -> None:
        """Put a file into the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")

    def _lines(self, name: str, entries: Sequence[dict[str, Any]]) -> None:
        self.write(name, "".join(json.dumps(entry) + "\n" for entry in entries))

    def _within(self, entries: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Entries of the span and of the day before it: what changed then may be the reason."""
        first = (self.begin - _BEFORE).timestamp()
        for entry in entries:
            when = datetime.datetime.fromisoformat(entry["time"]).timestamp()
            if first <= when <= self.end.timestamp() and entry["model"] in ("", self.model):
                yield entry

    def _tell(self, entry: dict[str, Any], where: str) -> None:
        details = {k: v for k, v in entry["details"].items() if k in _TOLD and v not in ("", None)}
        shown = ", ".join(f"{key} {value}" for key, value in details.items())
        words = f"{entry['action']} by {entry['who']}" + (f": {shown}" if shown else "")
        self._found.timeline.append((entry["time"], f"{words} ({where})"))

    def registry(self, store: str) -> None:
        """The audit log, the versions and what the latest release is."""
        from tidefall.lifecycle.registry.catalog import Catalog

        entries = list(self._within(audit_entries(Path(store) / AUDIT_LOG)))
        self._lines("registry_audit.jsonl", entries)
        for entry in entries:
            self._tell(entry, "registry")
        with Catalog(store) as catalog:
            versions = catalog.versions(self.model)
        shown = [
            {"version": v.number, "stage": v.stage, "by": v.user, "run_id": v.run_id}
            for v in versions
        ]
        self.write("versions.json", json.dumps(shown, indent=1))

    def request_log(self, path: str) -> None:
        """The requests that failed, and how many there were."""
        failed: list[dict[str, Any]] = []
        with Path(path).open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    entry = json.loads(line)
                    when = datetime.datetime.fromisoformat(entry["time"])
                except (ValueError, KeyError, TypeError):
                    continue  # It was cut short.
                if entry.get("model") != self.model or not self.begin <= when <= self.end:
                    continue
                self._found.requests += 1
                if entry["status"] != "OK":
                    self._found.failures[f"{entry['status']} of version {entry['version']}"] += 1
                    if len(failed) < _MAX_LINES:
                        failed.append(entry)
        self._lines("failed_requests.jsonl", failed)

    def prometheus(self, url: str) -> None:
        """The series of the span."""
        seconds = max(1.0, (self.end - self.begin).total_seconds() / _POINTS)
        for name, query in _SERIES.items():
            asked = {
                "query": query.format(m=self.model), "start": self.begin.timestamp(),
                "end": self.end.timestamp(), "step": f"{seconds:.0f}",
            }  # fmt: skip
            address = f"{url.rstrip('/')}/api/v1/query_range?{urllib.parse.urlencode(asked)}"
            with urllib.request.urlopen(address, timeout=30) as reply:
                self.write(f"prometheus/{name}.json", reply.read().decode())

    def monitoring(self, folder: str) -> None:
        """Incidents of the span, and rows whose request failed."""
        from tidefall.lifecycle.monitoring.reports import Window
        from tidefall.lifecycle.monitoring.store import open_store

        store = open_store(folder, must_exist=True)
        begin, end = self.begin.timestamp(), self.end.timestamp()
        for incident in store.incidents(self.model):
            if incident.updated < begin or incident.opened > end:
                continue
            self.write(f"incidents/{incident.id}.json", incident.to_json())
            words = f"{incident.kind} {incident.feature} {incident.segment}".strip()
            self._found.opened.append(f"{words}: {incident.method} {incident.value:.4g}")
            when = datetime.datetime.fromtimestamp(incident.opened, datetime.UTC)
            self._found.timeline.append((when.isoformat(), f"monitoring: {words}"))
        rows: list[dict[str, Any]] = []
        for batch in store.read(self.model, Window(begin, end)):
            rows += [row for row in batch.to_pylist() if row.get("status") != "OK"]
            if len(rows) > _MAX_LINES:
                break
        shown = [{key: str(value) for key, value in row.items()} for row in rows[:_MAX_LINES]]
        self._lines("failed_rows.jsonl", shown)

    def server(self, server: Server, what: str, place: int) -> None:
        """What a server says of itself now, and its audit log."""
        name = f"server_{place}/{what}"
        if what == "metrics":
            with urllib.request.urlopen(f"{server.url}/metrics", timeout=10) as reply:
                self.write(f"{name}.txt", reply.read().decode())
        elif what == "readyz":
            self.write(f"{name}.json", json.dumps(server.call("GET", "/readyz"), indent=1))
        elif what == "models":
            found = server.call("GET", "/admin/v1/models")
            self.write(f"{name}.json", json.dumps(found, indent=1))
        else:
            query = urllib.parse.urlencode({"limit": 1000})
            found = server.call("GET", f"/admin/v1/audit?{query}")["entries"]
            entries = list(self._within(e for e in reversed(found) if is_dict(e)))
            self._lines(f"{name}.jsonl", entries)
            for entry in entries:
                self._tell(entry, server.url)


_TOLD = ("version", "stage", "release", "step", "percent", "reason", "error", "to", "candidate")


def _draft(look: _Look, found: _Gathered) -> str:
    begin, end = (f"{t.astimezone(datetime.UTC):%Y-%m-%d %H:%M}" for t in (look.begin, look.end))
    lines = [
        f"# Post-mortem: {look.model}, {begin} to {end} UTC",
        "",
        "*Draft: what is in italics is for people to write.*",
        "",
        "## Impact",
        "",
    ]
    if found.requests:
        failed = sum(found.failures.values())
        share = f"{100 * failed / found.requests:.3g} %"
        lines.append(f"{failed} of {found.requests} logged requests failed ({share}):")
        lines += ["", *(f"- {count} {what}" for what, count in found.failures.most_common())]
    else:
        lines.append("*How many users, for how long, and what they saw.*")
    if found.opened:
        lines += ["", "Monitoring found:", "", *(f"- {words}" for words in found.opened)]
    lines += ["", "## Timeline (UTC)", "", "The day before is part of it: what changed then?", ""]
    for when, words in sorted(found.timeline):
        moment = datetime.datetime.fromisoformat(when)
        mark = "**" if look.begin <= moment <= look.end else ""
        lines.append(f"- {mark}{moment:%Y-%m-%d %H:%M:%S}{mark} {words}")
    if not found.timeline:
        lines.append("- *nothing was changed*")
    lines += [
        "",
        "## Why it happened",
        "",
        "*What made it possible, not who. What was known, and when.*",
        "",
        "## What went well, and what was luck",
        "",
        "*How it was found, what stopped it, what could have been worse.*",
        "",
        "## What is to be done",
        "",
        "| what | who | until |",
        "| --- | --- | --- |",
        "| *a guardrail or an objective that would have found it* | | |",
        "",
        "## In this folder",
        "",
    ]
    lines += [f"- {path.relative_to(look.folder)}" for path in sorted(look.folder.rglob("*.*"))]
    if found.missing:
        lines += ["", "Not in it:", "", *(f"- {words}" for words in found.missing)]
    return "\n".join(lines) + "\n"
