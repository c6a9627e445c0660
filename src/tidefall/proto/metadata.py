"""TensorFlow Metadata's messages: what a data set should be like.

    from tidefall.proto import metadata

    schema = metadata.Schema()
    schema.feature.add(name="age", type=metadata.FeatureType.INT)

Every top-level message of package `tensorflow.metadata.v0` under schema/ is an attribute of this
module, as those of `tensorflow` are of `tidefall.proto`.
"""

from __future__ import annotations

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("tensorflow.metadata.v0", globals())
