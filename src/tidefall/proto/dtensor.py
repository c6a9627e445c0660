"""DTensor's messages: how a mesh and a layout are written.

    from tidefall.proto import dtensor

    mesh = dtensor.MeshProto(name="cpus")

Every top-level message of package `tensorflow.dtensor` under schema/ is an attribute of this
module, as those of `tensorflow` are of `tidefall.proto`.
"""

from __future__ import annotations

from tidefall.proto import lazy

__getattr__, __dir__ = lazy.attributes("tensorflow.dtensor", globals())
