"""Which part of a larger variable a variable is in checkpoints."""

from __future__ import annotations

from typing import Any


class SaveSliceInfo:
    """That a variable is saved as a part of a larger one.

    Args:
        full_name: name of the whole in checkpoints.
        full_shape: shape of the whole.
        var_offset: where the part begins, in each dimension.
        var_shape: shape of the part.
        save_slice_info_def: a SaveSliceInfoDef message that says all of that instead.
        import_scope: name scope to put in front of the message's name.

    >>> import tidefall as tf
    >>> tf.Variable.SaveSliceInfo("w", [5, 2], [2, 0], [3, 2]).spec
    '5 2 2,3:0,2'
    """

    def __init__(
        self,
        full_name: str | None = None,
        full_shape: Any = None,
        var_offset: Any = None,
        var_shape: Any = None,
        save_slice_info_def: Any = None,
        import_scope: str | None = None,
    ):
        message = save_slice_info_def
        if message is not None:
            full_name = f"{import_scope}/{message.full_name}" if import_scope else message.full_name
            full_shape, var_offset = list(message.full_shape), list(message.var_offset)
            var_shape = list(message.var_shape)
        self.full_name = full_name
        self.full_shape = full_shape
        self.var_offset = var_offset
        self.var_shape = var_shape

    @classmethod
    def from_spec(cls, spec: str) -> SaveSliceInfo:
        """The part that a text such as "5 2 2,3:0,2" describes; it says no name.

        Raises:
            ValueError: for a text of another form.
        """
        if not spec:
            return cls()
        *sizes, extents = spec.split(" ")
        if not sizes:
            raise ValueError(f"Spec string must contain space-separated full_shape info: {spec!r}")
        shape = [_integer(size, "full_shape must be a sequence of integers") for size in sizes]
        offsets, lengths = [], []
        for extent in extents.split(":"):
            start, comma, length = extent.partition(",")
            if not comma or "," in length:
                raise ValueError(
                    "Spec string must contain comma-separated pairs of offsets and shapes: "
                    f"{spec!r}"
                )
            offsets.append(_integer(start, "var_offset must be an integer"))
            lengths.append(_integer(length, "var_shape must be an integer"))
        return cls(None, shape, offsets, lengths)

    @property
    def spec(self) -> str:
        """The part as a text: the shape of the whole, then start and length in each dimension."""
        sizes = "".join(f"{size} " for size in self.full_shape)
        return sizes + ":".join(
            f"{start},{length}"
            for start, length in zip(self.var_offset, self.var_shape, strict=True)
        )

    def of_slot(self, name: str) -> SaveSliceInfo:
        """The like part of what belongs to the whole, such as its momentum."""
        return SaveSliceInfo(
            f"{self.full_name}/{name}", self.full_shape, self.var_offset, self.var_shape
        )

    def to_proto(self, export_scope: str | None = None) -> Any:
        """The SaveSliceInfoDef message; None if the variable is outside of `export_scope`."""
        from tidefall.proto import SaveSliceInfoDef

        name = self.full_name or ""
        if export_scope is not None:
            if not name.startswith(export_scope):
                return None
            name = name.removeprefix(f"{export_scope}/")
        return SaveSliceInfoDef(
            full_name=name,
            full_shape=self.full_shape,
            var_offset=self.var_offset,
            var_shape=self.var_shape,
        )


def _integer(text: str, rule: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"Spec string {rule}. Found '{text}', which is not an integer.") from None


def save_as_part_of(owner: Any, label: str, slot: Any) -> None:
    """Save what belongs to a part of a variable, such as its momentum, as the like part.

    Args:
        owner: the variable, perhaps a part of a larger one.
        label: its name.
        slot: the variable that belongs to it, whose name begins with `label`.
    """
    whole = getattr(owner, "_save_slice_info", None)
    if whole is not None:
        slot._set_save_slice_info(whole.of_slot(slot._shared_name.removeprefix(f"{label}/")))
