"""Which session runs what is asked for."""

from __future__ import annotations

from typing import Any

from tidefall.base.services import services

_NO_SESSION = (
    "Cannot {action} using `{method}()`: No default session is registered. Use `with "
    "sess.as_default():` or pass an explicit session to `{method}(session=sess)`"
)


def session_for(session: Any, graph: Any, action: str, method: str) -> Any:
    """The session that is to run something.

    Args:
        session: one given, or None for the default one.
        graph: the graph that the thing belongs to.
        action, method: what was asked for, for errors.

    Raises:
        ValueError: if there is no session, or it runs another graph.
    """
    given, session = session, session if session is not None else services.default_session()
    if session is None:
        raise ValueError(_NO_SESSION.format(action=action, method=method))
    if session.graph is not graph:
        which = "The passed" if given is not None else "The default"
        thing = action.partition(" ")[2]
        raise ValueError(
            f"Cannot use the {which.split()[1]} session to {action}: the {thing}'s graph is "
            "different from the session's graph. Pass an explicit session to "
            f"`{method}(session=sess)`."
        )
    return session
