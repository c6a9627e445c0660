"""Looking up and changing features and domains of a schema."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from tidefall.base.logs import get_logger
from tidefall.lifecycle.data_validation.paths import FeaturePath, as_path
from tidefall.lifecycle.data_validation.protos import check_type


def get_feature(schema: Any, feature_path: FeaturePath | str) -> Any:
    """Return a feature of a schema, to be read or changed.

    Args:
        schema: a `Schema`.
        feature_path: its path; a name is a path of one step.

    Raises:
        TypeError: `schema` is something else.
        ValueError: there is no such feature.
    """
    check_type(schema, "Schema", "schema")
    path = as_path(feature_path)
    holder = schema
    for step in path.steps()[:-1]:
        parent = _named(holder.feature, step)
        if parent is None:
            raise ValueError(f"Feature {path} not found in the schema.")
        if parent.type != _type("STRUCT"):
            raise ValueError(
                f"Step {step} in feature {path} does not refer to a valid STRUCT feature"
            )
        holder = parent.struct_domain
    feature = _named(holder.feature, path.steps()[-1])
    if feature is None:
        raise ValueError(f"Feature {path} not found in the schema.")
    return feature


def get_domain(schema: Any, feature_path: FeaturePath | str) -> Any:
    """Return the domain of a feature, to be read or changed.

    Raises:
        TypeError: `schema` is something else.
        ValueError: there is no such feature, or it has no domain.
    """
    feature = get_feature(schema, feature_path)
    which = feature.WhichOneof("domain_info")
    if which is None:
        raise ValueError(f"Feature {as_path(feature_path)} has no domain associated with it.")
    if which != "domain":
        return getattr(feature, which)
    domain = _named(schema.string_domain, feature.domain)
    if domain is None:
        raise ValueError(
            f"Feature {as_path(feature_path)} has an unsupported domain {feature.domain}."
        )
    return domain


def set_domain(schema: Any, feature_path: FeaturePath | str, domain: Any) -> None:
    """Give a feature a domain; it loses the one that it had.

    Args:
        schema: a `Schema`.
        feature_path: the feature.
        domain: a message such as `IntDomain`, or the name of a string domain of the schema.

    Raises:
        TypeError: the domain is of a kind that features do not have, or the feature is a structure.
        ValueError: there is no such feature, or no domain of that name.

    >>> from tidefall.proto import metadata
    >>> schema = metadata.Schema()
    >>> _ = schema.feature.add(name="age", type=metadata.FeatureType.INT)
    >>> set_domain(schema, "age", metadata.IntDomain(min=0, max=120))
    >>> get_domain(schema, "age").max
    120
    """
    check_type(schema, "Schema", "schema")
    fields = type(schema.feature.add()).DESCRIPTOR.oneofs_by_name["domain_info"].fields
    del schema.feature[-1]
    kinds = {f.message_type.name: f.name for f in fields if f.message_type is not None}
    kind = "" if isinstance(domain, str) else getattr(domain, "DESCRIPTOR", None)
    name = kind if isinstance(kind, str) else getattr(kind, "name", None)
    if name != "" and name not in kinds:
        raise TypeError(
            f"domain is of type {type(domain).__name__}, should be one of the supported types in "
            "schema.Features.domain_info"
        )
    feature = get_feature(schema, feature_path)
    if feature.type == _type("STRUCT"):
        raise TypeError(f"Could not set the domain of a STRUCT feature {as_path(feature_path)}.")
    if isinstance(domain, str) and _named(schema.string_domain, domain) is None:
        raise ValueError(f'Invalid global string domain "{domain}".')
    if feature.WhichOneof("domain_info") is not None:
        message = 'Replacing existing domain of feature "%s".'
        get_logger().log(logging.WARNING, message, as_path(feature_path))
    if isinstance(domain, str):
        feature.domain = domain
    else:
        getattr(feature, kinds[str(name)]).CopyFrom(domain)


def generate_dummy_schema_with_paths(paths: Iterable[FeaturePath]) -> Any:
    """Return a schema of features that says nothing of them but where they are."""
    from tidefall.proto import metadata

    schema = metadata.Schema()
    for path in paths:
        holder: Any = schema
        for number, step in enumerate(path.steps()):
            feature = _named(holder.feature, step)
            if feature is None:
                feature = holder.feature.add(name=step)
            if number + 1 < len(path):
                holder = feature.struct_domain
    return schema


def _named(messages: Any, name: str) -> Any:
    return next((one for one in messages if one.name == name), None)


def _type(name: str) -> int:
    from tidefall.proto.metadata import FeatureType

    return FeatureType.Value(name)
