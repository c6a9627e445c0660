"""Names of TensorFlow Model Analysis's Beam transforms: each says what does the same here."""

from __future__ import annotations

from typing import Any, NoReturn

from tidefall.lifecycle.data_validation.failures import unimplemented


def _absent(name: str) -> Any:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        del args, kwargs
        raise unimplemented(
            f"{name}: there is no Beam here; run_model_analysis reads, evaluates and writes in one "
            "pass in this process"
        )

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = f"Raise `UnimplementedError`: {name} is a part of a Beam pipeline."
    return refuse


InputsToExtracts = _absent("InputsToExtracts")
BatchedInputsToExtracts = _absent("BatchedInputsToExtracts")
ExtractAndEvaluate = _absent("ExtractAndEvaluate")
ExtractEvaluateAndWriteResults = _absent("ExtractEvaluateAndWriteResults")
Validate = _absent("Validate")
WriteResults = _absent("WriteResults")
