"""Objectives of models in a file, and what follows from them, generated and kept in step.

A file of objectives enters; what leaves are Prometheus rules, Grafana dashboards and a sheet for
whoever is on call, all in one folder that `check` holds against the file. `incident.py` gathers
what there is about a span of time. Read `objectives.py` first, then `rules.py`.

    from tidefall import slo

    slo.write(slo.read_objectives("slo.yaml"), "deploy/slo")
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".generate": ("check", "generated", "write"),
    ".incident": ("Sources", "collect"),
    ".objectives": ("Objectives", "read_objectives"),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
