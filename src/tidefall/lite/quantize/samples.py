"""Representative data: checked, and brought into the order of the inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tidefall.base import errors
from tidefall.lite.converter.sources import Source


class Samples:
    """Samples of the inputs of one or more signatures.

    Args:
        make: function without arguments that returns an iterable of samples.
        sources: the signatures.
    """

    def __init__(self, make: Callable[[], Iterable[Any]], sources: Sequence[Source]):
        if not callable(make):
            raise ValueError(
                "representative_dataset must be a function that returns samples, or a "
                f"tf.lite.RepresentativeDataset. Received: {make!r}"
            )
        self._make = make
        self.sources = {s.key: s for s in sources}

    def __iter__(self) -> Iterator[tuple[str, list[np.ndarray]]]:
        """Pairs of a signature's name and arrays in the order of its inputs.

        Raises:
            tf.errors.InvalidArgumentError: for a sample that does not fit, or if there is none.
        """
        count = 0
        for count, given in enumerate(self._make(), 1):
            yield self._sample(given, count - 1)
        if not count:
            raise errors.InvalidArgumentError(
                None, None,
                "The representative dataset is empty: ranges of activations cannot be found. "
                "Give 100 or so samples of real data.",
            )  # fmt: skip

    def _sample(self, given: Any, number: int) -> tuple[str, list[np.ndarray]]:
        key = next(iter(self.sources))
        if (
            isinstance(given, tuple) and len(given) == 2 and isinstance(given[0], str)
            and isinstance(given[1], (Mapping, list, tuple))
        ):  # fmt: skip
            key, given = given
            if key not in self.sources:
                self._refuse(number, f"is for a signature {key!r}; there is {self._names()}")
        elif len(self.sources) > 1 and not isinstance(given, Mapping):
            self._refuse(
                number,
                f"does not say its signature; yield pairs such as ({key!r}, {{name: array}}) for "
                f"each of {self._names()}",
            )
        source = self.sources[key]
        return key, [
            self._array(value, tensor, name, number)
            for value, tensor, name in zip(
                self._ordered(given, source, number), source.arguments, source.inputs, strict=True
            )
        ]

    def _names(self) -> str:
        return ", ".join(map(repr, self.sources))

    def _ordered(self, given: Any, source: Source, number: int) -> list[Any]:
        names = source.inputs
        if isinstance(given, Mapping):
            missing = [n for n in names if n not in given]
            unknown = [n for n in given if n not in names]
            if missing or unknown:
                self._refuse(
                    number,
                    f"has the inputs {sorted(map(str, given))}; the model's are {list(names)}",
                )
            return [given[n] for n in names]
        if not isinstance(given, (list, tuple)):
            if len(names) != 1:
                self._refuse(number, f"is one array; the model has {len(names)} inputs")
            return [given]
        if len(given) != len(names):
            self._refuse(number, f"has {len(given)} arrays; the model has the inputs {list(names)}")
        return list(given)

    def _array(self, value: Any, tensor: Any, name: str, number: int) -> np.ndarray:
        array = np.asarray(value.numpy() if hasattr(value, "numpy") else value)
        dtype = np.dtype(tensor.dtype.as_numpy_dtype)
        kinds = {"f": "fiu", "i": "iu", "u": "iu", "b": "b"}.get(dtype.kind, dtype.kind)
        if array.dtype.kind not in kinds:
            self._refuse(number, f"has {array.dtype} for the input {name!r}, which takes {dtype}")
        dims = tensor.shape.as_list()
        fits = array.ndim == len(dims) and all(
            d is None or d == s for d, s in zip(dims, array.shape, strict=False)
        )
        if not fits:
            self._refuse(
                number,
                f"has shape {list(array.shape)} for the input {name!r}, which takes {dims}",
            )
        array = array.astype(dtype)
        if dtype.kind == "f" and not np.isfinite(array).all():
            self._refuse(number, f"has NaN or infinite numbers for the input {name!r}")
        return array

    def _refuse(self, number: int, what: str) -> None:
        raise errors.InvalidArgumentError(
            None, None, f"Sample {number} of the representative dataset {what}."
        )
