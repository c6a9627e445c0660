// Sums of two int8 arrays of other scales.

#pragma once

#include "integers.h"

namespace tidefall {
namespace {

// Numbers below 2^30 times a factor; halves of the second rounding go away from zero.
struct Scaled {
  int32_t multipliers[kLanes + 1];
  int32_t right, half, rounds;

  explicit Scaled(const Factor& factor)
      : right(factor.right), half(right ? 1 << (right - 1) : 0), rounds(right ? -1 : 0) {
    for (auto& each : multipliers) each = factor.multiplier;
  }
  TIDEFALL_INLINE Ints operator()(Ints v) const {
    const Ints first = multiplied(v, multipliers);
    return (first + half + ((first >> 31) & rounds)) >> right;
  }
};

void integer_sum(const IntegerSum& given) {
  const IntegerSum g = given;
  const Scaled scaled_a(g.factor_a), scaled_b(g.factor_b), scaled(g.factor);
  for (int64_t i = 0; i < g.count; i += kLanes) {
    int8_t some[2][kLanes] = {};
    const int8_t *a = g.a + i, *b = g.b + i;
    const int64_t count = g.count - i;
    if (count < kLanes) {
      __builtin_memcpy(some[0], a, count);
      __builtin_memcpy(some[1], b, count);
      a = some[0];
      b = some[1];
    }
    const Ints x = scaled_a((widened(a) - g.zero_a) << 20), y = scaled_b((widened(b) - g.zero_b) << 20);
    store_clipped(g.y + i, scaled(x + g.sign * y) + g.zero, g.low, g.high, count);
  }
}

}  // namespace
}  // namespace tidefall
