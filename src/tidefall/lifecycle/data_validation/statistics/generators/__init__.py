"""Statistics beside the usual ones, each a generator that `StatsOptions(generators=...)` takes.

Arrow record batches enter, whose columns are lists of values; messages leave, which are joined with
the others' by the paths of features. Read `interface.py` first; `lift.py`, `partitioned.py` and
`mutual_information.py` are the generators that are here already.
"""

from __future__ import annotations
