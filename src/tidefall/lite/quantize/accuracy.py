"""Quantization with a bound: layers that cost too much stay float."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.ir import LiteProgram
from tidefall.lite.converter.report import Report
from tidefall.lite.quantize.calibration import calibrate
from tidefall.lite.quantize.compare import LayerError, compare
from tidefall.lite.quantize.forms import integer_forms, unique_names
from tidefall.lite.quantize.integer import with_ranges
from tidefall.lite.quantize.samples import Samples
from tidefall.lite.quantize.trained import take_ranges, with_trained

if TYPE_CHECKING:
    from tidefall.lite.converter.converter import TFLiteConverter
    from tidefall.lite.quantize.modes import Mode

_log = logging.getLogger("tidefall.lite")


def within_bound(
    program: LiteProgram, mode: Mode, samples: Samples, converter: TFLiteConverter, report: Report
) -> LiteProgram:
    """Quantize a float model as far as a bound allows.

    The layers that add most noise are tried first: as few of them stay float as needed.

    Args:
        program: a float model.
        mode: how it is quantized.
        samples: representative data.
        converter: whose `accuracy` is the function and the bound.
        report: takes what was kept, and why.

    Raises:
        tf.errors.InvalidArgumentError: if even the model whose layers are all float breaks the
            bound, so that the bound cannot be met by keeping layers.
    """
    assert converter.accuracy is not None
    measure, bound = converter.accuracy
    trained = take_ranges(program)
    integer_forms(program, mode.bits)
    unique_names(program)
    ranges = with_trained(calibrate(program, samples, report), trained)
    relaxed = replace(mode, is_strict=False)

    def attempt(kept: set[str]) -> tuple[LiteProgram, float, list[LayerError]]:
        made = with_ranges(
            program, relaxed if kept else mode, ranges, converter, report,
            (lambda o: any(v.name in kept for v in o.outputs)) if kept else None,
        )  # fmt: skip
        found: list[float] = []

        def note(wanted: list[Any], got: list[Any]) -> None:
            found.append(float(measure(wanted, got)))

        layers = compare(program, made, samples, outputs=note)
        return made, float(np.mean(found)), layers

    made, error, layers = attempt(set())
    if error <= bound:
        return made
    order = _by_noise(program, layers)
    if not order:
        raise errors.InvalidArgumentError(
            None, None,
            f"The accuracy bound {bound} is broken ({error:.4g}), and no layer is quantized.",
        )  # fmt: skip
    first_error = error
    low, high = 0, 1
    best = None
    while True:
        best = attempt(set(order[:high]))
        if best[1] <= bound:
            break
        if high == len(order):
            raise errors.InvalidArgumentError(
                None, None,
                f"The accuracy bound {bound} cannot be met: the error is {best[1]:.4g} with all "
                f"{high} layers in float, and {first_error:.4g} with none. Is the function 0 for "
                "equal outputs?",
            )  # fmt: skip
        low, high = high, min(2 * high, len(order))
    while high - low > 1:
        middle = (low + high) // 2
        tried = attempt(set(order[:middle]))
        if tried[1] <= bound:
            best, high = tried, middle
        else:
            low = middle
    made, error, _ = attempt(set(order[:high]))
    by_name = {e.name: e for e in layers}
    for name in order[:high]:
        entry = by_name.get(name)
        noise = "" if entry is None else f": signal-to-noise {entry.snr:.1f} dB in integers"
        report.kept.append(f"{name} stays float{noise}")
    report.kept.append(
        f"error {first_error:.4g} with integers throughout, {error:.4g} now; the bound is {bound}"
    )
    for text in report.kept:
        _log.info("accuracy: %s", text)
    return made


def _by_noise(program: LiteProgram, layers: list[LayerError]) -> list[str]:
    """Names of what operators make, the one that adds most noise first."""
    ratio = {e.name: e.noise / max(e.signal, 1e-30) for e in layers}
    added: dict[str, float] = {}
    for operator in program.operators():
        name = operator.outputs[0].name if operator.outputs else ""
        if name not in ratio:
            continue
        given = [ratio[v.name] for v in operator.inputs if v is not None and v.name in ratio]
        added[name] = ratio[name] - max(given, default=0.0)
    return sorted(added, key=lambda n: added[n], reverse=True)
