"""TensorFlow Model Analysis's messages: what is evaluated, and what came of it.

    from tidefall.proto import evaluation

    config = evaluation.EvalConfig()
    config.slicing_specs.add(feature_keys=["country"])

Every top-level message of package `tensorflow_model_analysis` under schema/ is an attribute of this
module, as those of `tensorflow` are of `tidefall.proto`.
"""

from __future__ import annotations

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("tensorflow_model_analysis", globals())
