"""Releases: how a new version of a model comes to answer, by rules that were written beforehand.

A plan's file, a registry and running servers enter; what leaves is a version that answers, or the
one from before, and the audit log that tells how it came to that. Read `plan.py` first, then
`runner.py`, which goes through the stages; `canary_stage.py` judges all servers together,
`history.py` reads the state out of the log, and `steering.py` is what people do meanwhile. The
servers' part, which goes back by itself, is `serving/rollout`.

    from tidefall import release

    plan = release.read_plan("taxi.release.yaml")
    with registry.Registry(plan.store) as models:
        release.Runner(plan, models, release.Fleet(plan.servers, token)).run(candidate=4)
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".fleet": ("Fleet", "Server"),
    ".history": ("History", "Release"),
    ".manifests": ("manifests",),
    ".plan": ("ReleasePlan", "read_plan"),
    ".runner": ("Runner",),
    ".steering": ("go_back", "pause", "resume"),
    ".whatif": ("what_if",),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
