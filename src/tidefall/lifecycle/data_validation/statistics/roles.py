"""What a schema says about how a feature's statistics are made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tidefall.lifecycle.data_validation.failures import missing
from tidefall.lifecycle.data_validation.paths import FeaturePath


def leaf_features(schema: Any) -> Iterator[tuple[FeaturePath, Any]]:
    """Every feature of a schema that is no structure, with its path."""

    def below(features: Any, parent: FeaturePath) -> Iterator[tuple[FeaturePath, Any]]:
        for feature in features:
            path = parent.child(feature.name)
            if feature.HasField("struct_domain"):
                yield from below(feature.struct_domain.feature, path)
            else:
                yield path, feature

    return below(schema.feature, FeaturePath())


def is_categorical(feature: Any) -> bool:
    """Whether the values of a schema's feature are categories."""
    from tidefall.proto.metadata import FeatureType

    kind, domain = FeatureType.Name(feature.type), feature.WhichOneof("domain_info")
    if kind == "INT" and domain in ("bool_domain", "natural_language_domain"):
        return True
    if kind in ("INT", "FLOAT"):
        name = f"{kind.lower()}_domain"
        return domain == name and getattr(feature, name).is_categorical
    return kind == "BYTES"


@dataclass(frozen=True)
class Language:
    """What is counted of a feature of natural language.

    Args:
        vocabulary: tokens by number; None where there is none.
        excluded: tokens, as strings or integers, that do not count.
        unknown: tokens that stand for what the vocabulary lacks.
        watched: tokens whose occurrences are told.
        excluded_from_length: tokens that do not count for a sequence's length.
    """

    vocabulary: Mapping[int, str] | None = None
    excluded: frozenset[str | int] = frozenset()
    unknown: frozenset[str] = frozenset()
    watched: tuple[str | int, ...] = ()
    excluded_from_length: frozenset[str | int] = frozenset()


@dataclass
class Roles:
    """Features by what the schema says of them."""

    categories: set[FeaturePath] = field(default_factory=set)
    images: set[FeaturePath] = field(default_factory=set)
    formats: set[FeaturePath] = field(default_factory=set)
    languages: dict[FeaturePath, Language] = field(default_factory=dict)
    sparse: list[tuple[FeaturePath, FeaturePath, tuple[FeaturePath, ...]]] = field(
        default_factory=list
    )
    weighted: list[tuple[FeaturePath, FeaturePath, FeaturePath]] = field(default_factory=list)

    def is_category(self, path: FeaturePath) -> bool:
        """Whether a feature of integers is a category: its values are counted."""
        return path in self.categories

    def is_bytes(self, path: FeaturePath) -> bool:
        """Whether a feature's bytes mean nothing as text."""
        return path in self.images

    def semantic_of(self, path: FeaturePath) -> bool:
        """Whether the schema asks for statistics of what values mean."""
        return path in self.formats or path in self.languages

    def language_of(self, path: FeaturePath) -> Language | None:
        """What is counted of natural language."""
        return self.languages.get(path)


def roles_of(schema: Any, vocab_paths: Mapping[str, str] | None) -> Roles:
    """What a schema says of all features.

    Args:
        schema: a Schema, or None.
        vocab_paths: files of vocabularies by name.
    """
    roles = Roles()
    if schema is None:
        return roles
    for path, feature in leaf_features(schema):
        domain = feature.WhichOneof("domain_info")
        if domain == "image_domain":
            roles.images.add(path)
            if feature.image_domain.HasField("minimum_supported_image_fraction"):
                roles.formats.add(path)
        elif domain == "natural_language_domain":
            roles.languages[path] = _language(feature.natural_language_domain, vocab_paths or {})
        categorical = domain == "int_domain" and feature.int_domain.is_categorical
        if categorical or domain in ("bool_domain", "natural_language_domain"):
            roles.categories.add(path)
    roles.sparse.extend(_sparse(schema, FeaturePath()))
    for feature in schema.weighted_feature:
        value = FeaturePath.from_proto(feature.feature)
        weight = FeaturePath.from_proto(feature.weight_feature)
        roles.weighted.append((FeaturePath([feature.name]), value, weight))
    return roles


def _sparse(
    holder: Any, parent: FeaturePath
) -> Iterator[tuple[FeaturePath, FeaturePath, tuple[FeaturePath, ...]]]:
    """The sparse features of a schema or a structure: their values and indices are beside them."""
    for feature in holder.sparse_feature:
        indices = tuple(parent.child(index.name) for index in feature.index_feature)
        yield parent.child(feature.name), parent.child(feature.value_feature.name), indices
    for feature in holder.feature:
        if feature.HasField("struct_domain"):
            yield from _sparse(feature.struct_domain, parent.child(feature.name))


def _language(domain: Any, vocab_paths: Mapping[str, str]) -> Language:
    coverage, lengths = domain.coverage, domain.sequence_length_constraints
    watched = [getattr(one, one.WhichOneof("value")) for one in domain.token_constraints]
    return Language(
        _vocabulary(vocab_paths[domain.vocabulary]) if domain.vocabulary in vocab_paths else None,
        frozenset([*coverage.excluded_string_tokens, *coverage.excluded_int_tokens]),
        frozenset(coverage.oov_string_tokens),
        tuple(watched),
        frozenset([*lengths.excluded_string_value, *lengths.excluded_int_value]),
    )


def _vocabulary(path: str) -> dict[int, str]:
    """The tokens of a file by line, or by record of a compressed file of records."""
    from tidefall.io.records.tfrecord import read_records

    try:
        if path.endswith(".gz"):
            return dict(enumerate(token.decode() for token in read_records(path, "GZIP")))
        with open(path, encoding="utf-8") as file:
            return {number: line.rstrip("\r\n") for number, line in enumerate(file)}
    except FileNotFoundError:
        raise missing(f"the vocabulary {path} is not there") from None
