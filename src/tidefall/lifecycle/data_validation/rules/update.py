"""The walk over the features of a table: what is wrong, and the schema by which it is right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tidefall.lifecycle.data_validation.paths import FeaturePath
from tidefall.lifecycle.data_validation.rules import composites, domains, meanings, presence
from tidefall.lifecycle.data_validation.rules.comparators import Measured, compare
from tidefall.lifecycle.data_validation.rules.consistency import check_feature
from tidefall.lifecycle.data_validation.rules.reasons import Reason
from tidefall.lifecycle.data_validation.rules.tree import SchemaTree, deprecate, is_deprecated
from tidefall.lifecycle.data_validation.rules.views import FeatureView, TableView


@dataclass
class Change:
    """What came of comparing a feature with a schema.

    Args:
        reasons: what is wrong.
        drift, skew: distances that were measured.
    """

    reasons: list[Reason] = field(default_factory=list)
    drift: list[Measured] = field(default_factory=list)
    skew: list[Measured] = field(default_factory=list)


@dataclass(frozen=True)
class Updater:
    """How a schema is changed.

    Args:
        max_strings: the most strings that are listed as a domain.
        infer_shape: whether a new feature whose rows all have the same number of values gets a
            shape.
    """

    max_strings: int = 400
    infer_shape: bool = False

    def update(self, tree: SchemaTree, view: FeatureView) -> Change:
        """Compare a feature with a schema, which is changed to fit; children are left aside."""
        feature = tree.feature(view.path)
        sparse = tree.sparse(view.path)
        weighted = tree.weighted(view.path)
        if weighted is not None:
            return self._update_weighted(view, feature, sparse, weighted)
        if sparse is not None and not is_deprecated(sparse):
            if feature is not None and not is_deprecated(feature):
                deprecate(sparse)
                deprecate(feature)
                name = "Sparse feature name collision"
                return Change([Reason("SPARSE_FEATURE_NAME_COLLISION", name, f"{name}.")])
            return Change(composites.check_sparse(view, sparse))
        if feature is not None:
            return self._update_feature(tree, view, feature)
        self.create(tree, view)
        text = "New column (column in data but not in schema)"
        return Change([Reason("SCHEMA_NEW_COLUMN", "New column", text)])

    @staticmethod
    def _update_weighted(view: FeatureView, feature: Any, sparse: Any, weighted: Any) -> Change:
        if is_deprecated(weighted):
            return Change()
        if feature is not None or sparse is not None:
            for one in (weighted, feature, sparse):
                if one is not None:
                    deprecate(one)
            name = "Weighted feature name collision"
            return Change([Reason("WEIGHTED_FEATURE_NAME_COLLISION", name, f"{name}.")])
        return Change(composites.check_weighted(view, weighted))

    def create(self, tree: SchemaTree, view: FeatureView) -> None:
        """Add a feature as the data show it."""
        from tidefall.proto.metadata import FeatureType, LifecycleStage

        feature = tree.add(view.path)
        feature.type = FeatureType.Value(view.schema_type)
        presence.infer_presence(view, feature, self.infer_shape)
        if view.message.HasField("validation_derived_source"):
            feature.lifecycle_stage = LifecycleStage.VALIDATION_DERIVED
            feature.validation_derived_source.CopyFrom(view.message.validation_derived_source)
        if meanings.take_found_domain(view, feature):
            return
        if view.has_invalid_utf8 or view.kind == "BYTES":
            return
        if domains.is_boolean(view):
            domains.infer_boolean(view, feature)
        elif domains.is_integer_text(view):
            feature.int_domain.SetInParent()
        elif domains.is_enumeration(view, self.max_strings):
            domain = tree.add_string_domain(str(view.path))
            domains.add_values(view, domain)
            feature.domain = domain.name

    def update_all(
        self, tree: SchemaTree, view: FeatureView, only: set[FeaturePath] | None = None
    ) -> list[Reason]:
        """Compare a feature and those below it."""
        if only is not None and view.path not in only:
            return []
        reasons = self.update(tree, view).reasons
        if not tree.is_deprecated(view.path):
            for child in view.children:
                reasons += self.update_all(tree, child, only)
        return reasons

    def update_table(self, tree: SchemaTree, table: TableView) -> None:
        """Make a schema fit a table."""
        for view in table.roots:
            self.update_all(tree, view)
        for path in missing_paths(tree, table):
            deprecate(tree.feature(path))

    # ---- one feature that the schema knows ----

    def _update_feature(self, tree: SchemaTree, view: FeatureView, feature: Any) -> Change:
        change = Change(check_feature(tree, feature))
        if is_deprecated(feature):
            return change
        reasons = change.reasons
        if view.present == 0:
            if tree.is_required(feature, view.table.environment):
                text = "The feature was not present in any examples."
                reasons.append(Reason("FEATURE_TYPE_NOT_PRESENT", "Column dropped", text))
                deprecate(feature)
            return change
        reasons += self._take_into_environment(tree, view, feature)
        reasons += presence.check_counts(view, feature)
        reasons += presence.check_shape(view, feature)
        reasons += presence.check_presence(view, feature)
        reasons += self._check_type(view, feature)
        reasons += self._check_domain(tree, view, feature)
        reasons += presence.check_unique(view, feature)
        for which in ("drift", "skew"):
            name = f"{which}_comparator"
            if feature.HasField(name):
                found = compare(view, which, getattr(feature, name))
                reasons += found.reasons
                getattr(change, which).extend(found.measured)
        reasons += self._check_source(view, feature)
        return change

    @staticmethod
    def _take_into_environment(tree: SchemaTree, view: FeatureView, feature: Any) -> list[Reason]:
        environment = view.table.environment
        if environment is None or tree.in_environment(feature, environment):
            return []
        if environment in feature.not_in_environment:
            others = [one for one in feature.not_in_environment if one != environment]
            del feature.not_in_environment[:]
            feature.not_in_environment.extend(others)
        if not tree.in_environment(feature, environment):
            feature.in_environment.append(environment)
        return [
            Reason(
                "SCHEMA_NEW_COLUMN",
                "Column missing in environment",
                f"New column {view.path} found in data but not in the environment {environment} in "
                "the schema.",
            )
        ]

    @staticmethod
    def _check_type(view: FeatureView, feature: Any) -> list[Reason]:
        from tidefall.proto.metadata import FeatureType

        expected = FeatureType.Name(feature.type)
        reasons = []
        if view.schema_type != expected:
            deprecate(feature)
            text = f"Expected data of type: {expected} but got {view.kind}"
            reasons.append(Reason("UNEXPECTED_DATA_TYPE", "Unexpected data type", text))
        domain = feature.WhichOneof("domain_info")
        fine = (None, "natural_language_domain", "image_domain", "url_domain")
        if view.kind == "BYTES" and domain not in fine:
            feature.ClearField(domain)
            text = f"Data is marked as BYTES with incompatible domain_info: {feature}"
            reasons.append(Reason("DOMAIN_INVALID_FOR_TYPE", "Invalid domain type", text))
        return reasons

    @staticmethod
    def _check_domain(tree: SchemaTree, view: FeatureView, feature: Any) -> list[Reason]:
        domain = feature.WhichOneof("domain_info")
        if domain is None:
            if not meanings.take_found_domain(view, feature):
                return []
            text = f"Updated semantic domain for feature: {feature.name}"
            return [Reason("SEMANTIC_DOMAIN_UPDATE", "Updated semantic domain", text)]
        if domain == "domain":
            shared = tree.string_domain(feature.domain)
            outcome = domains.check_strings(view, shared, feature)
            if outcome.clear:
                tree.drop_string_domain(shared.name)
            return outcome.reasons
        if domain == "bool_domain":
            return domains.check_boolean(view, feature)
        if domain == "image_domain":
            return meanings.check_images(view, feature)
        if domain == "natural_language_domain":
            return meanings.check_language(view, feature)
        if domain == "int_domain":
            outcome = domains.check_integers(view, feature.int_domain)
        elif domain == "float_domain":
            outcome = domains.check_floats(view, feature.float_domain)
        elif domain == "string_domain":
            outcome = domains.check_strings(view, feature.string_domain, feature)
        else:
            return []  # URLs, times and identifiers speak to people, structures to children.
        if outcome.clear:
            feature.ClearField(domain)
        return outcome.reasons

    @staticmethod
    def _check_source(view: FeatureView, feature: Any) -> list[Reason]:
        from tidefall.proto.metadata import LifecycleStage

        reasons = []
        derived = LifecycleStage.VALIDATION_DERIVED
        has_source = feature.HasField("validation_derived_source")
        if view.message.HasField("validation_derived_source") and not has_source:
            feature.lifecycle_stage = derived
            feature.validation_derived_source.CopyFrom(view.message.validation_derived_source)
            text = "Derived source not set in schema."
            reasons.append(Reason("DERIVED_FEATURE_INVALID_SOURCE", text, text))
        has_source = feature.HasField("validation_derived_source")
        if has_source and feature.lifecycle_stage != derived and not is_deprecated(feature):
            feature.lifecycle_stage = derived
            text = "Derived feature has wrong lifecycle."
            reasons.append(Reason("DERIVED_FEATURE_BAD_LIFECYCLE", text, text))
        return reasons


def missing_paths(tree: SchemaTree, table: TableView) -> list[FeaturePath]:
    """Features that must be in the data and are not."""
    present = {view.path for view in table.features}
    return [path for path in tree.required(table.environment) if path not in present]
