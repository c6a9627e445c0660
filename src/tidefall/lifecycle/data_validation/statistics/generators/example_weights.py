"""Which feature holds the weight of each row, by the feature that is looked at."""

from __future__ import annotations

from collections.abc import Mapping

from tidefall.lifecycle.data_validation.paths import FeaturePath


class ExampleWeightMap:
    """Maps features to those that hold their weights.

    Args:
        weight_feature: of all features that have no other.
        per_feature_override: of some, by path.
    """

    def __init__(
        self,
        weight_feature: str | None = None,
        per_feature_override: Mapping[FeaturePath, str] | None = None,
    ):
        self._default, self._overrides = weight_feature, dict(per_feature_override or {})

    def get(self, feature_path: FeaturePath) -> str | None:
        """The feature with the weights for a path; None if rows weigh the same."""
        return self._overrides.get(feature_path, self._default)

    def all_weight_features(self) -> frozenset[str]:
        """All features that hold weights."""
        default = () if self._default is None else (self._default,)
        return frozenset((*self._overrides.values(), *default))
