"""The admin API: what operators see and change while the server runs.

Whoever mounts it has checked the request's token, and put its owner's name into `Request.user`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote

from tidefall.base import errors
from tidefall.base.type_guards import is_dict
from tidefall.serving.http.parser import Request
from tidefall.serving.http.reply import Reply, Respond
from tidefall.serving.models.manager import ModelManager
from tidefall.serving.rest.text import dumps, loads
from tidefall.serving.rollout.audit import AuditLog
from tidefall.serving.rollout.plan import parse_plan
from tidefall.serving.rollout.replay import Replays
from tidefall.serving.rollout.rollouts import Rollouts
from tidefall.serving.status import http_status, invalid

_logger = logging.getLogger("tidefall.serving")

PREFIX = "/admin/v1/"
_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_Handler = Callable[..., Any]


class AdminApi:
    """Answers requests below `/admin/v1/`.

    ======  ===============================  ==============================================
    GET     /admin/v1/models                 models, versions and rollouts
    GET     /admin/v1/models/M/rollout       plan, shares, canary, guardrails
    PUT     /admin/v1/models/M/rollout       puts the plan in the body in force
    DELETE  /admin/v1/models/M/rollout       the latest version answers again
    POST    /admin/v1/models/M/rollout:A     A is promote, rollback, pause or resume
    POST    /admin/v1/models/M/rollout:step  passes a canary on to the step in the body
    GET     /admin/v1/models/M/statistics    what a canary counted in its present step
    GET     /admin/v1/models/M/shadow        how the shadow version's answers differ
    POST    /admin/v1/models/M/replay        runs recorded requests on a version
    GET     /admin/v1/models/M/replay        how far it is, and what it showed
    GET     /admin/v1/audit?limit=9&model=M  the latest changes
    PUT     /admin/v1/log_level              {"level": "DEBUG"}: how much the server's log says
    ======  ===============================  ==============================================
    """

    def __init__(
        self, manager: ModelManager, rollouts: Rollouts, replays: Replays, audit: AuditLog
    ) -> None:
        self._manager, self._rollouts = manager, rollouts
        self._replays, self._audit = replays, audit
        model = r"models/(?P<model>[^/:]+)"
        self._routes: list[tuple[str, re.Pattern[str], _Handler]] = [
            ("GET", re.compile("models"), self._models),
            ("GET", re.compile(f"{model}/rollout"), self._rollout),
            ("PUT", re.compile(f"{model}/rollout"), self._apply),
            ("DELETE", re.compile(f"{model}/rollout"), self._remove),
            ("POST", re.compile(f"{model}/rollout:step"), self._step),
            ("POST", re.compile(f"{model}/rollout:(?P<action>[a-z]+)"), self._steer),
            ("GET", re.compile(f"{model}/statistics"), self._statistics),
            ("GET", re.compile(f"{model}/shadow"), self._shadow),
            ("POST", re.compile(f"{model}/replay"), self._start_replay),
            ("GET", re.compile(f"{model}/replay"), self._replay),
            ("GET", re.compile("audit"), self._entries),
            ("PUT", re.compile("log_level"), self._log_level),
        ]

    def is_quick(self, request: Request) -> bool:
        """Answers are looked up at once; changes wait for the disk that records them."""
        return request.method == "GET"

    def is_brief(self, request: Request) -> bool:
        """Changes may take their time."""
        return False

    def is_urgent(self, request: Request) -> bool:
        """Changes do not queue behind the requests that may be the reason for them."""
        return True

    def refuse(self, status: int, message: str) -> Reply:
        """A reply that says what went wrong."""
        return Reply(status, dumps({"error": message}))

    def handle(self, request: Request, respond: Respond) -> None:
        """Answers a request, whose `user` is the name in the audit log."""
        respond(self._answer(request))

    def _answer(self, request: Request) -> Reply:
        try:
            return Reply(200, dumps(self._dispatch(request, request.user or "unknown")))
        except errors.OpError as error:
            return self.refuse(http_status(error), error.message)
        except Exception as error:
            _logger.exception("%s %s failed", request.method, request.path)
            return self.refuse(500, f"Internal error: {type(error).__name__}: {error}")

    def _dispatch(self, request: Request, who: str) -> Any:
        path = request.path.removeprefix(PREFIX)
        for method, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match and method == request.method:
                named = {name: unquote(value) for name, value in match.groupdict().items()}
                return handler(request=request, who=who, **named)
        raise errors.NotFoundError(None, None, f"Not found: {request.method} {request.path[:200]}")

    # --- what there is ----------------------------------------------------------------------------

    def _models(self, **_: Any) -> Any:
        rollouts = self._rollouts.as_json()
        return {
            "models": [
                {
                    "name": name,
                    "base_path": str(model.config.base_path),
                    "versions": [
                        {
                            "version": status.version,
                            "state": status.state.value,
                            "error_code": status.error_code,
                            "error_message": status.error_message,
                        }
                        for status in model.known()
                    ],
                    "rollout": rollouts.get(name),
                }
                for name, model in self._manager.models().items()
            ]
        }

    def _rollout(self, model: str, **_: Any) -> Any:
        self._manager.find(model)
        rollout = self._rollouts.get(model)
        if rollout is None:
            raise errors.NotFoundError(None, None, f"model {model} has no rollout")
        return rollout.as_json()

    def _shadow(self, model: str, **_: Any) -> Any:
        self._manager.find(model)
        rollout = self._rollouts.get(model)
        if rollout is None or rollout.plan.shadow is None:
            raise errors.NotFoundError(None, None, f"model {model} has no shadow traffic")
        version = rollout.plan.shadow.version
        return {"version": version, **self._rollouts.shadows.as_json(model, version)}

    def _statistics(self, model: str, **_: Any) -> Any:
        self._manager.find(model)
        return self._rollouts.statistics(model)

    def _entries(self, request: Request, **_: Any) -> Any:
        query = parse_qs(request.query)
        limit = query.get("limit", ["100"])[0]
        if not limit.isdecimal():
            raise invalid(f"limit: expected a number, received {limit[:40]!r}")
        model = query.get("model", [None])[0]
        return {"entries": self._audit.entries(int(limit[:9]), model)}

    # --- changes ----------------------------------------------------------------------------------

    def _log_level(self, request: Request, who: str) -> Any:
        document = loads(request.body)
        level = document.get("level") if is_dict(document) else None
        if level not in _LEVELS:
            raise invalid(f"level: expected {', '.join(_LEVELS)}, received {str(level)[:40]!r}")
        logger = logging.getLogger("tidefall")
        before = logging.getLevelName(logger.getEffectiveLevel())
        self._audit.write(who, "log_level", before=before, after=level)
        logger.setLevel(level)
        return {"before": before, "level": level}

    def _apply(self, request: Request, who: str, model: str) -> Any:
        self._rollouts.apply(model, parse_plan(loads(request.body)), who)
        return self._rollout(model)

    def _remove(self, request: Request, who: str, model: str) -> Any:
        self._rollouts.remove(model, who)
        return {}

    def _steer(self, request: Request, who: str, model: str, action: str) -> Any:
        self._rollouts.steer(model, action, who)
        return self._rollout(model)

    def _step(self, request: Request, who: str, model: str) -> Any:
        document = loads(request.body)
        step = document.get("step") if is_dict(document) else None
        if not isinstance(step, int) or isinstance(step, bool):
            raise invalid(f'expected {{"step": a number}}, received {str(document)[:80]}')
        self._rollouts.advance(model, step, who)
        return self._rollout(model)

    def _start_replay(self, request: Request, who: str, model: str) -> Any:
        return self._replays.start(model, loads(request.body), who).as_json()

    def _replay(self, model: str, **_: Any) -> Any:
        return self._replays.get(model).as_json()
