"""Which public functions dispatch on the types of their arguments, and how they treat elements."""

from __future__ import annotations

from tidefall.core.dispatch import ASSERT, BINARY, OTHER, UNARY

_UNARY = """
abs acos acosh asin asinh atan atanh bitcast cast cos cosh exp floor negative ones_like round sign
sin sinh sqrt square tan tanh zeros_like clip_by_value bitwise.invert debugging.check_numerics
dtypes.saturate_cast
math.angle math.bessel_i0 math.bessel_i0e math.bessel_i1 math.bessel_i1e math.ceil math.conj
math.digamma math.erf math.erfc math.erfcinv math.erfinv math.expm1 math.imag math.is_finite
math.is_inf math.is_nan math.lgamma math.log math.log1p math.log_sigmoid math.logical_not
math.ndtri math.nextafter math.real math.reciprocal math.reciprocal_no_nan math.rint math.rsqrt
math.sigmoid math.softplus
math.special.bessel_j0 math.special.bessel_j1 math.special.bessel_k0 math.special.bessel_k0e
math.special.bessel_k1 math.special.bessel_k1e math.special.bessel_y0 math.special.bessel_y1
math.special.dawsn math.special.expint math.special.fresnel_cos math.special.fresnel_sin
math.special.spence
nn.elu nn.gelu nn.leaky_relu nn.log_softmax nn.relu nn.relu6 nn.selu nn.silu nn.softsign
strings.as_string strings.length strings.lower strings.regex_full_match strings.regex_replace
strings.strip strings.substr strings.to_hash_bucket strings.to_hash_bucket_fast
strings.to_hash_bucket_strong strings.to_number strings.unicode_script strings.unicode_transcode
strings.upper
io.decode_base64 io.decode_compressed io.encode_base64
image.adjust_brightness image.adjust_gamma image.convert_image_dtype image.random_brightness
image.stateless_random_brightness
"""

_BINARY = """
add bitwise.bitwise_and bitwise.bitwise_or bitwise.bitwise_xor bitwise.left_shift
bitwise.right_shift complex divide equal greater greater_equal less less_equal logical_and
logical_or math.atan2 math.divide_no_nan math.floordiv math.floormod math.logical_xor
math.multiply_no_nan math.squared_difference math.xdivy math.xlog1py math.xlogy math.zeta maximum
minimum multiply not_equal pow realdiv scalar_mul subtract truediv truncatediv truncatemod
nn.sigmoid_cross_entropy_with_logits
"""

_ASSERT = """
debugging.assert_equal debugging.assert_greater debugging.assert_greater_equal
debugging.assert_less debugging.assert_less_equal debugging.assert_near debugging.assert_none_equal
"""

_OTHER = """
add_n broadcast_dynamic_shape broadcast_to concat dynamic_partition expand_dims fill gather
gather_nd linalg.adjoint linalg.cholesky linalg.det linalg.diag_part linalg.inv linalg.logdet
linalg.matmul linalg.matvec linalg.solve linalg.trace math.bincount math.cumsum math.reduce_std
math.reduce_variance math.unsorted_segment_max math.unsorted_segment_mean math.unsorted_segment_min
math.unsorted_segment_prod math.unsorted_segment_sqrt_n math.unsorted_segment_sum nn.dropout
nn.softmax one_hot ones rank reduce_all reduce_any reduce_logsumexp reduce_max reduce_mean
reduce_min reduce_prod reduce_sum reshape reverse size split squeeze stack strings.join
strings.reduce_join tile where zeros image.resize nn.experimental.stateless_dropout sparse.bincount
stop_gradient
"""

KINDS: dict[str, str] = {
    name: kind
    for names, kind in ((_UNARY, UNARY), (_BINARY, BINARY), (_ASSERT, ASSERT), (_OTHER, OTHER))
    for name in names.split()
}
