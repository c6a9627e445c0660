"""TensorFlow Serving's messages: what its APIs exchange, and its configuration files.

    from tidefall.proto import serving

    request = serving.PredictRequest()
    request.model_spec.name = "digits"

Every top-level message of package `tensorflow.serving` under schema/ is an attribute of this
module, as those of `tensorflow` are of `tidefall.proto`.
"""

from __future__ import annotations

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("tensorflow.serving", globals())
