"""What several tests of native kernels take."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.native.ways import LEVELS
from tidefall.native import library


@pytest.fixture(params=LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each level of processors, to which the kernels' own loops are limited."""
    limit, best = library.status().library.tidefall_limit_loops, library.status().vectors
    limit(LEVELS.index(request.param))
    yield request.param
    limit(LEVELS.index(best))
