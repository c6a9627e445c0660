"""Features computed by one graph, for training and for serving.

A preprocessing function goes in with data; a directory with a SavedModel, schemas and vocabularies
comes out. The names are those of TensorFlow Transform, whose import name `tensorflow_transform` is
answered with this package where the alias is on. Read `phases.py` for how the passes over the data
come about, then `tracing.py`, and `driver.py` for the way in.

    from tidefall import transform as tft

    def preprocessing_fn(inputs):
        return {"fare": tft.scale_to_z_score(inputs["fare"]),
                "company": tft.compute_and_apply_vocabulary(inputs["company"])}

    analysis = tft.analyze_and_transform("trips-*.csv", preprocessing_fn, "out", feature_spec)
"""

from __future__ import annotations

from tidefall.base.exports import lazy_names

_HOME = {
    ".analyzers": (
        "count_per_key", "covariance", "histogram", "max", "mean", "min", "min_and_max", "pca",
        "quantiles", "size", "sum", "tukey_h_params", "tukey_location", "tukey_scale", "var",
    ),
    ".annotators": ("annotate_asset", "make_and_track_object"),
    ".driver": ("Analysis", "analyze_and_transform"),
    ".features": ("DatasetMetadata",),
    ".inspect_columns": ("get_analyze_input_columns", "get_transform_input_columns"),
    ".layer": ("TransformFeaturesLayer",),
    ".mappers.buckets": (
        "apply_buckets", "apply_buckets_with_interpolation", "bucketize", "bucketize_per_key",
        "estimated_probability_density",
    ),
    ".mappers.categories": (
        "apply_vocabulary", "compute_and_apply_vocabulary",
        "get_num_buckets_for_transformed_feature",
    ),
    ".mappers.python": ("apply_pyfunc",),
    ".mappers.scaling": (
        "scale_by_min_max", "scale_by_min_max_per_key", "scale_to_0_1", "scale_to_0_1_per_key",
        "scale_to_gaussian", "scale_to_z_score", "scale_to_z_score_per_key",
    ),
    ".mappers.sparse": ("sparse_tensor_left_align", "sparse_tensor_to_dense_with_shape"),
    ".mappers.texts": (
        "bag_of_words", "deduplicate_tensor_per_row", "hash_strings", "ngrams", "segment_indices",
        "tfidf", "word_count",
    ),
    ".output": ("TFTransformOutput",),
    ".sources": ("CsvOptions",),
    ".vocabularies": ("vocabulary",),
}  # fmt: skip
_MODULES = {"beam": ".beam", "experimental": ".experimental"}

__version__ = "1.21.0"
"""The version of TensorFlow Transform whose interface this is."""

__getattr__, __dir__, __all__ = lazy_names(__name__, _HOME, modules=_MODULES)
