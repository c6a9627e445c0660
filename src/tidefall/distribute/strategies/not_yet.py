"""Strategies that exist for `isinstance`, and say so when they are made."""

from __future__ import annotations

from typing import Any

from tidefall.base.errors import UnimplementedError
from tidefall.base.exports import export
from tidefall.distribute.strategy import Strategy


def _not_yet(name: str) -> type[Strategy]:
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        raise UnimplementedError(
            None, None, f"tf.distribute.{name} is not implemented in Tidefall yet."
        )

    return type(
        name,
        (Strategy,),
        {"__init__": __init__, "__doc__": f"`tf.distribute.{name}`, not implemented yet."},
    )


ParameterServerStrategy = export(
    "distribute.experimental.ParameterServerStrategy", "distribute.ParameterServerStrategy"
)(_not_yet("ParameterServerStrategy"))
