"""Models that are saved and loaded, by Tidefall and by TensorFlow, in every combination.

The same code builds them with either: `tf` is passed in. Each says what to compute with the object
after it was loaded; the results have to be the same wherever it was saved and loaded.
"""

from tests.oracle.saved_models import (  # noqa: F401 - they register models
    composites,
    control,
    frozen,
    functions,
    gradients,
    jax_functions,
    keras_models,
    keras_programs,
    modules,
    numerics,
    options,
    preprocessing,
    programs,
    state,
    structures,
    tables,
    version_1,
)
from tests.oracle.saved_models.harness import (
    MODELS,
    results,
    session_calls,
    session_results,
    write,
    write_again,
)
from tests.oracle.saved_models.recorded import assert_same, expected, unpack, write_recording

__all__ = [
    "MODELS",
    "NOT_WRITTEN",
    "NOT_WRITTEN_AGAIN",
    "assert_same",
    "expected",
    "results",
    "session_calls",
    "session_results",
    "unpack",
    "write",
    "write_again",
    "write_recording",
]

NOT_WRITTEN: dict[str, str] = {}
"""Models that Tidefall cannot write yet, with the reason."""

NOT_WRITTEN_AGAIN: dict[str, str] = {}
"""Models that Tidefall loads, but cannot save then."""
