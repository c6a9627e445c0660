"""What the converter found out about a model, before and after converting it."""

from __future__ import annotations

from dataclasses import dataclass, field

from tidefall.lite.converter.lowering.interpreter import Obstacle


@dataclass
class FloatLayer:
    """An operator that stays float in a quantized model.

    Attributes:
        operator: its code.
        layer: the layer or node it comes from.
        line: the user's line, if known.
        reason: why.
    """

    operator: str
    layer: str
    line: str
    reason: str

    def __str__(self) -> str:
        where = f" ({self.line})" if self.line else ""
        return f"{self.operator} in {self.layer}{where}: {self.reason}"


@dataclass
class Report:
    """What conversion does to a model.

    Attributes:
        obstacles: ops that cannot be converted.
        flex: ops that need the Flex delegate, or a custom operator, with layer and line.
        float_layers: operators that stay float where the model is to be quantized.
        operators: how often each operator is used.
        size: bytes of the file; 0 before it was written.
        ranges: by layer the least and largest value that calibration saw.
        outliers: layers where few values stretch the range, and by how much.
        differences: by signature how far the file is from its source.
        kept: layers that were kept in float or 16 bits for the sake of accuracy, and why.
    """

    obstacles: list[Obstacle] = field(default_factory=list[Obstacle])
    flex: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    float_layers: list[FloatLayer] = field(default_factory=list[FloatLayer])
    operators: dict[str, int] = field(default_factory=dict[str, int])
    size: int = 0
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict[str, tuple[float, float]])
    outliers: list[str] = field(default_factory=list[str])
    differences: dict[str, float] = field(default_factory=dict[str, float])
    kept: list[str] = field(default_factory=list[str])

    @property
    def is_clean(self) -> bool:
        """Whether all goes into builtins, and into integers where they were asked for."""
        return not (self.obstacles or self.flex or self.float_layers)

    def __str__(self) -> str:
        lines: list[str] = []
        parts = (
            ("Cannot be converted", [str(o) for o in self.obstacles]),
            ("Needs the Flex delegate or a custom operator", [_place(f) for f in self.flex]),
            ("Stays float", [str(f) for f in self.float_layers]),
            ("Kept for accuracy", self.kept),
            ("Outliers", self.outliers),
        )
        for title, items in parts:
            if items:
                lines.append(f"{title}:")
                lines += [f"  {item}" for item in items]
        if self.operators:
            counts = ", ".join(f"{k} {v}" for k, v in sorted(self.operators.items()))
            lines.append(f"Operators: {counts}")
        if self.size:
            lines.append(f"Size: {self.size / 1024:.1f} KB")
        return "\n".join(lines) if lines else "Nothing to convert."


def _place(item: tuple[str, str, str]) -> str:
    code, layer, line = item
    return f"{code} in {layer}" + (f" ({line})" if line else "")
