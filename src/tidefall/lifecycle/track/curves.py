"""The curve of a metric, as long as a plot is wide, however many values were logged."""

from __future__ import annotations

from typing import NamedTuple

from tidefall.lifecycle.track.records import Records


class Point(NamedTuple):
    """Values next to one another: the first step and time, their mean, least and largest.

    Of values that are not numbers the three are None.
    """

    step: int
    time: int
    mean: float | None
    least: float | None
    most: float | None


class Curve(NamedTuple):
    """A curve, and how many values it is made of."""

    points: list[Point]
    count: int


def curve(records: Records, run_id: str, name: str, points: int = 500) -> Curve:
    """Return the curve of a metric of a run.

    Args:
        records: where to look.
        run_id: the run.
        name: the metric.
        points: how many points to return at most, about; the database gathers the values of longer
            histories by steps, or by time where all have one step.

    Raises:
        NotFoundError: there is no such run.

    >>> import tempfile
    >>> from tidefall.lifecycle.track import Tracker
    >>> with Tracker(tempfile.mkdtemp()) as tracker, tracker.start_run() as run:
    ...     for step in range(1000):
    ...         run.log_metric("loss", step, step)
    ...     run.flush()
    ...     found = curve(tracker.records, run.id, "loss", 10)
    >>> len(found.points), found.count, found.points[1][2:]
    (11, 1000, (99.5, 50.0, 149.0))
    """
    key, where = records.key_of(run_id), "FROM TidefallMetric WHERE execution_id = ? AND name = ?"
    sql = f"SELECT COUNT(*), MIN(step), MAX(step), MIN(time), MAX(time) {where}"
    count, first, last, begin, end = records.database.rows(sql, (key, name))[0]
    if count <= points:
        history = records.database.rows(
            f"SELECT step, time, value, value, value {where} ORDER BY step, time, id", (key, name)
        )
        return Curve([Point(*row) for row in history], count)
    column, first, last = ("step", first, last) if last > first else ("time", begin, end)
    width = max(1.0, (last - first) / points)
    sql = (
        f"SELECT MIN(step), MIN(time), AVG(value), MIN(value), MAX(value) {where} "
        f"GROUP BY ROUND(({column} - ?) / ?) ORDER BY MIN({column})"
    )
    rows = records.database.rows(sql, (key, name, first, width))
    return Curve([Point(*row) for row in rows], count)
