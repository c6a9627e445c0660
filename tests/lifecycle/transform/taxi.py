"""The taxi example's features: what goes in, and a preprocessing function over them."""

from __future__ import annotations

from typing import Any

import tidefall as tf
from tidefall import transform as tft

DENSE = ("trip_miles", "fare", "trip_seconds")
BUCKETS = ("pickup_latitude", "pickup_longitude", "dropoff_latitude", "dropoff_longitude")
VOCABULARIES = ("payment_type", "company")
CATEGORIES = (
    "trip_start_hour", "trip_start_day", "trip_start_month", "pickup_census_tract",
    "dropoff_census_tract", "pickup_community_area", "dropoff_community_area",
)  # fmt: skip
INTEGERS = {*CATEGORIES, "trip_seconds", "trip_start_timestamp"}


def feature_spec() -> dict[str, Any]:
    names = (*DENSE, *BUCKETS, *VOCABULARIES, *CATEGORIES, "tips")
    return {
        name: tf.io.VarLenFeature(
            tf.string if name in VOCABULARIES else tf.int64 if name in INTEGERS else tf.float32
        )
        for name in names
    }


def filled(x: Any) -> Any:
    default = "" if x.dtype == tf.string else 0
    dense = tft.sparse_tensor_to_dense_with_shape(x, [None, 1], default)
    return tf.squeeze(dense, axis=1)


def preprocessing_fn(inputs: dict[str, Any]) -> dict[str, Any]:
    outputs = {f"{name}_xf": tft.scale_to_z_score(filled(inputs[name])) for name in DENSE}
    for name in VOCABULARIES:
        outputs[f"{name}_xf"] = tft.compute_and_apply_vocabulary(
            filled(inputs[name]), top_k=1000, num_oov_buckets=10, vocab_filename=name
        )
    for name in BUCKETS:
        outputs[f"{name}_xf"] = tft.bucketize(filled(inputs[name]), 10)
    for name in CATEGORIES:
        outputs[f"{name}_xf"] = filled(inputs[name])
    fare, tips = filled(inputs["fare"]), filled(inputs["tips"])
    big = tf.cast(tips > fare * 0.2, tf.int64)
    outputs["tips_xf"] = tf.where(tf.math.is_nan(fare), tf.zeros_like(big), big)
    return outputs
