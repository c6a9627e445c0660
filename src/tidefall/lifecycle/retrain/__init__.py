"""When a model is trained again, from what, and whether the outcome may go out.

A file of triggers, a monitoring store and a pipeline enter; what leaves is a version in the
registry, better than the live one on rows that it was not trained on, handed to a release plan.
Read `plan.py` first, then `runner.py`; `triggers.py` decides, `rows.py` takes the labelled rows out
of monitoring, `comparison.py` holds the new version against the live one.
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".plan": ("RetrainPlan", "read_retrain_plan"),
    ".reproduction": ("Reproduction", "reproduce"),
    ".runner": ("Retraining",),
    ".triggers": ("Decision", "decide"),
}

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME)
