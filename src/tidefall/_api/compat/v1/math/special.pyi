# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.math.special`."""

from tidefall._api.math import bessel_i0 as bessel_i0
from tidefall._api.math import bessel_i0e as bessel_i0e
from tidefall._api.math import bessel_i1 as bessel_i1
from tidefall._api.math import bessel_i1e as bessel_i1e
from tidefall._api.math.special import bessel_j0 as bessel_j0
from tidefall._api.math.special import bessel_j1 as bessel_j1
from tidefall._api.math.special import bessel_k0 as bessel_k0
from tidefall._api.math.special import bessel_k0e as bessel_k0e
from tidefall._api.math.special import bessel_k1 as bessel_k1
from tidefall._api.math.special import bessel_k1e as bessel_k1e
from tidefall._api.math.special import bessel_y0 as bessel_y0
from tidefall._api.math.special import bessel_y1 as bessel_y1
from tidefall._api.math.special import dawsn as dawsn
from tidefall._api.math.special import expint as expint
from tidefall._api.math.special import fresnel_cos as fresnel_cos
from tidefall._api.math.special import fresnel_sin as fresnel_sin
from tidefall._api.math.special import spence as spence

