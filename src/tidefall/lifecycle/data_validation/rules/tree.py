"""A schema and its features by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tidefall.lifecycle.data_validation.failures import invalid
from tidefall.lifecycle.data_validation.paths import FeaturePath

_OFF = ("PLANNED", "ALPHA", "DEPRECATED", "DEBUG_ONLY", "DISABLED")


def is_deprecated(feature: Any) -> bool:
    """Whether a feature's stage of life is one in which nothing is demanded of it."""
    from tidefall.proto.metadata import LifecycleStage

    if getattr(feature, "deprecated", False):
        return True
    return LifecycleStage.Name(feature.lifecycle_stage) in _OFF


def deprecate(feature: Any) -> None:
    """Demand nothing of a feature any more."""
    from tidefall.proto.metadata import LifecycleStage

    feature.lifecycle_stage = LifecycleStage.DEPRECATED


class ByName:
    """Messages of a repeated field by name, found without a search. They may become more.

    Args:
        messages: the field; nothing is taken out of it.
    """

    def __init__(self, messages: Any):
        self._messages = messages
        self._found: dict[str, Any] = {}
        self._count = 0

    def get(self, name: str) -> Any:
        """The first message of a name; None without."""
        while self._count < len(self._messages):
            message = self._messages[self._count]
            self._found.setdefault(message.name, message)
            self._count += 1
        return self._found.get(name)


class SchemaTree:
    """A schema that can be changed.

    Args:
        schema: is copied.

    Attributes:
        schema: the copy.
    """

    def __init__(self, schema: Any):
        self.schema = type(schema)()
        self.schema.CopyFrom(schema)
        self._features = ByName(self.schema.feature)
        self._domains = ByName(self.schema.string_domain)

    def about(self, path: FeaturePath) -> SchemaTree:
        """A copy of what this schema says of the feature that a path begins with."""
        part = type(self.schema)()
        name = path.steps()[0]
        feature = self._features.get(name)
        if feature is not None:
            part.feature.append(feature)
            for domain in map(self._domains.get, sorted(_domain_names(feature))):
                if domain is not None:
                    part.string_domain.append(domain)
        for field in ("sparse_feature", "weighted_feature"):
            messages = (one for one in getattr(self.schema, field) if one.name == name)
            getattr(part, field).extend(messages)
        part.default_environment.extend(self.schema.default_environment)
        return SchemaTree(part)

    def feature(self, path: FeaturePath) -> Any:
        """The feature at a path; None if there is none."""
        if len(path) == 1:
            return self._features.get(path.steps()[0])
        holder = self._holder(path)
        return None if holder is None else _named(holder.feature, path.steps()[-1])

    def sparse(self, path: FeaturePath) -> Any:
        """The sparse feature at a path; None if there is none."""
        holder = self._holder(path)
        return None if holder is None else _named(holder.sparse_feature, path.steps()[-1])

    def weighted(self, path: FeaturePath) -> Any:
        """The weighted feature of a name; None if there is none."""
        return _named(self.schema.weighted_feature, str(path)) if len(path) == 1 else None

    def _holder(self, path: FeaturePath) -> Any:
        holder = self.schema
        for number, step in enumerate(path.steps()[:-1]):
            parent = _named(holder.feature, step) if number else self._features.get(step)
            if parent is None or not parent.HasField("struct_domain"):
                return None
            holder = parent.struct_domain
        return holder

    def exists(self, path: FeaturePath) -> bool:
        """Whether the schema has anything at a path."""
        return any(find(path) is not None for find in (self.feature, self.sparse, self.weighted))

    def is_deprecated(self, path: FeaturePath) -> bool:
        """Whether nothing is demanded of the feature at a path."""
        feature = self.feature(path)
        if feature is None:
            feature = self.sparse(path)
        return feature is not None and is_deprecated(feature)

    def add(self, path: FeaturePath) -> Any:
        """A new feature; its structure must be there."""
        if len(path) == 1:
            return self.schema.feature.add(name=path.steps()[0])
        parent = self.feature(path.parent())
        return parent.struct_domain.feature.add(name=path.steps()[-1])

    def string_domain(self, name: str) -> Any:
        """A domain that features share; None if there is none of that name."""
        return self._domains.get(name)

    def domain(self, feature: Any) -> Any:
        """The domain of a feature's values, its own or a shared one; None if it has none.

        Raises:
            InvalidArgumentError: the schema does not have the domain that it names.
        """
        which = feature.WhichOneof("domain_info")
        if which != "domain":
            return None if which is None else getattr(feature, which)
        found = self.string_domain(feature.domain)
        for shared in (self.schema.int_domain, self.schema.float_domain):
            found = _named(shared, feature.domain) if found is None else found
        if found is None:
            raise invalid(f"feature {feature.name!r}: the schema has no domain {feature.domain!r}")
        return found

    def add_string_domain(self, name: str) -> Any:
        """A new domain, under another name if there is one."""
        free, number = name, 1
        while self._domains.get(free) is not None:
            number += 1
            free = f"{name}{number}"
        return self.schema.string_domain.add(name=free)

    def drop_string_domain(self, name: str) -> None:
        """Remove a domain, and the mention of it in features."""

        def clear(features: Any) -> None:
            for feature in features:
                if feature.domain == name:
                    feature.ClearField("domain")
                if feature.HasField("struct_domain"):
                    clear(feature.struct_domain.feature)

        clear(self.schema.feature)
        for index, domain in enumerate(self.schema.string_domain):
            if domain.name == name:
                del self.schema.string_domain[index]
                self._domains = ByName(self.schema.string_domain)
                return

    def in_environment(self, feature: Any, environment: str | None) -> bool:
        """Whether a feature is expected in an environment."""
        if environment is None or environment in feature.in_environment:
            return True
        if environment in feature.not_in_environment:
            return False
        return environment in self.schema.default_environment

    def is_required(self, feature: Any, environment: str | None) -> bool:
        """Whether a feature must be in the data."""
        if is_deprecated(feature):
            return False
        presence = feature.presence
        if presence.min_count <= 0 and presence.min_fraction <= 0:
            return False
        return self.in_environment(feature, environment)

    def required(self, environment: str | None) -> Iterator[FeaturePath]:
        """The features that must be in the data."""

        def below(features: Any, parent: FeaturePath) -> Iterator[FeaturePath]:
            for feature in features:
                path = parent.child(feature.name)
                if self.is_required(feature, environment):
                    yield path
                if not is_deprecated(feature):
                    yield from below(feature.struct_domain.feature, path)

        return below(self.schema.feature, FeaturePath())


def _domain_names(feature: Any) -> set[str]:
    """The shared domains that a feature and those inside it name."""
    names = {feature.domain} if feature.HasField("domain") else set()
    for child in feature.struct_domain.feature:
        names |= _domain_names(child)
    return names


def _named(messages: Any, name: str) -> Any:
    return next((one for one in messages if one.name == name), None)
