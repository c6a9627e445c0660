"""Ops that make what a handle refers to, such as a queue: once per node, session or shared name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any
from weakref import WeakValueDictionary

from tidefall.base.run_state import running_state
from tidefall.op.effects import REFERS
from tidefall.op.registry import NOT_DIFFERENTIABLE, op
from tidefall.ops.common import scalar

Make = Callable[[dict[str, Any], str], Any]

_shared: WeakValueDictionary[tuple[str, str, str], Any] = WeakValueDictionary()
"""What has a name, which eager code and functions share."""

_numbers = count()


def declare_maker(kind: str, make: Make) -> None:
    """Declare the two ops that make something: handles of `kind`V2 are resources.

    Args:
        kind: name of the older op.
        make: makes it, given the attributes and a name; the ops are found in its module.
    """

    def shared(attrs: dict[str, Any], name: str) -> Any:
        if not name:
            return make(attrs, str(next(_numbers)))
        key = (kind, attrs["container"], name)
        found = _shared.get(key)
        if found is None:
            found = _shared[key] = make(attrs, name)
        return found

    def host(**attrs: Any) -> Any:
        return shared(attrs, attrs["shared_name"])

    def for_node(node: Any) -> Callable[..., Any]:
        """A node keeps what it made first."""
        site = node.site

        def kernel(**attrs: Any) -> Any:
            name = attrs["shared_name"]
            return running_state().keep(
                site, lambda: shared(attrs, name) if name else make(attrs, site[-1].name)
            )

        return kernel

    def for_session(**attrs: Any) -> Any:
        return make(attrs, attrs["shared_name"])

    host.for_node = for_node  # type: ignore[attr-defined]
    host.for_session = for_session  # type: ignore[attr-defined]
    for name in versions(kind):
        declared = op(name, shape=scalar, host=host, effects=REFERS, gradient=NOT_DIFFERENTIABLE)
        declared.host_attrs = tuple(declared.definition.attrs)
        declared.module = make.__module__


def versions(name: str) -> Sequence[str]:
    """An op on references, and the one on resources."""
    return name, f"{name}V2"
