"""What people do to a release under way, or after it: wait, go on, end it, go back.

These work on the servers at once and do not need the process that runs the release; it sees in the
audit log what was done.
"""

from __future__ import annotations

from collections.abc import Callable

from tidefall.base import errors
from tidefall.lifecycle.registry.registry import Registry
from tidefall.lifecycle.release.fleet import Fleet, Server, read_token, told
from tidefall.lifecycle.release.history import History, Release
from tidefall.lifecycle.release.plan import plan_from_json


def fleet_of(release: Release) -> Fleet:
    """Return the servers that a release is for."""
    plan = plan_from_json(release.begin.details["plan"])
    return Fleet(plan.servers, read_token(plan.token_file), plan.ca_file)


def under_way(registry: Registry, model: str) -> Release:
    """Return the release of a model that has not ended.

    Raises:
        FailedPreconditionError: there is none.
    """
    release = History(registry.audit_path).refresh().latest(model)
    if release is None or release.end:
        ended = f"; {release.id} is {release.end}" if release else ""
        message = f"no release of model {model!r} is under way{ended}"
        raise errors.FailedPreconditionError(None, None, message)
    return release


def pause(registry: Registry, model: str) -> Release:
    """Have a release wait at its present step; shares stay as they are, and nothing is judged.

    Raises:
        FailedPreconditionError: none is under way, or the last step has passed.
        UnavailableError: a server was not reached.
    """
    return _steer(registry, model, "pause")


def resume(registry: Registry, model: str) -> Release:
    """Have a release go on that waits; its step is counted anew.

    Raises:
        FailedPreconditionError: none is under way, or the last step has passed.
        UnavailableError: a server was not reached.
    """
    return _steer(registry, model, "resume")


def _steer(registry: Registry, model: str, action: str) -> Release:
    release = under_way(registry, model)
    if release.wanted_back or release.last("release.promoting"):
        message = f"release {release.id} is {release.state()}; it does not {action}"
        raise errors.FailedPreconditionError(None, None, message)
    registry.record(f"release.{action}", model, release=release.id)
    if release.step:
        _, failed = fleet_of(release).each(_canary_action(model, action))
        if failed:
            raise errors.UnavailableError(None, None, told(failed))
    return release


def _canary_action(model: str, action: str) -> Callable[[Server], None]:
    def act(server: Server) -> None:
        server.of_model("POST", model, f"rollout:{action}")

    return act


def go_back(
    registry: Registry,
    model: str,
    *,
    to: int | None = None,
    reason: str = "",
    fleet: Fleet | None = None,
) -> tuple[int, list[str]]:
    """Have an earlier version answer everything, on all servers, now.

    The servers are told first and the registry after that: a full disk there must not keep requests
    at a version that fails them. A release under way ends. To call it again changes nothing.

    Args:
        registry: the registry.
        model: the model.
        to: the version; that from before the latest release for None.
        reason: why, for the audit log.
        fleet: the servers; those of the latest release for None.

    Returns:
        The version, and the servers' addresses.

    Raises:
        FailedPreconditionError: no release tells what to go back to, or where.
        UnavailableError: a server was not reached; the others went back. Call it again.
        PermissionDeniedError: the user lacks the role "promote".
    """
    registry.policy().check(registry.user, "promote", f"roll back model {model!r}")
    history = History(registry.audit_path)
    release = history.refresh().latest(model)
    if release is None and (to is None or fleet is None):
        message = (
            f"the registry knows of no release of model {model!r}; say which version is to answer "
            "with --to, and where with --server"
        )
        raise errors.FailedPreconditionError(None, None, message)
    if to is None:
        assert release is not None
        to = release.stable
    if fleet is None:
        assert release is not None
        fleet = fleet_of(release)
    version = to
    done, failed = fleet.each(lambda server: server.go_back(model, version))
    reason = reason or f"rollback by {registry.user}"
    if release is not None:
        name = release.id
        registry.record(
            "release.going_back", model, unless=lambda: history.is_wanted_back(name),
            release=name, reason=reason,
        )  # fmt: skip
        if not failed:
            registry.record(
                "release.rolled_back", model, unless=lambda: history.has_ended(name),
                release=name, version=to, reason=reason,
            )  # fmt: skip
    else:
        registry.record("rollback", model, version=to, reason=reason, servers=sorted(done))
    if failed:
        reached = f"{len(done)} servers are back at version {to}"
        raise errors.UnavailableError(None, None, f"{told(failed)}; {reached}. Run it again")
    _restage(registry, model, to, release)
    return to, sorted(done)


def _restage(registry: Registry, model: str, to: int, release: Release | None) -> None:
    """The registry says again what was so before the release."""
    if release is None or not release.last("release.promoted"):
        return
    plan = plan_from_json(release.begin.details["plan"])
    wanted = plan.promotion
    if registry.version(model, to).stage != wanted.stage:
        registry.transition(model, to, wanted.stage, archive_existing=True)
    aliases = registry.model(model).aliases
    if wanted.alias and aliases.get(wanted.alias) != to:
        registry.set_alias(model, wanted.alias, to)
