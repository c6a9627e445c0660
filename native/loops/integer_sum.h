// Sums of two int8 arrays of other scales.

#pragma once

#include "integers.h"

namespace tidefall {
namespace {

// Numbers below 2^30 times a factor; halves of the second rounding go away from zero.
struct Scaled {
  Multipliers multipliers;
  Ints half, rounds, right;

  explicit Scaled(const Factor& factor)
      : half(all_ints(factor.right ? 1 << (factor.right - 1) : 0)),
        rounds(all_ints(factor.right ? -1 : 0)),
        right(all_ints(factor.right)) {
    int32_t same[kLanes + 1];
    for (auto& each : same) each = factor.multiplier;
    multipliers = load_multipliers(same);
  }
  TIDEFALL_INLINE Ints operator()(Ints v) const {
    const Ints first = multiplied(v, multipliers);
    return (first + half + ((first >> 31) & rounds)) >> right;
  }
};

void integer_sum(const IntegerSum& given) {
  const IntegerSum g = given;
  const Scaled scaled_a(g.factor_a), scaled_b(g.factor_b), scaled(g.factor);
  auto some = [&](const int8_t* a, const int8_t* b, int8_t* y, int64_t count) __attribute__((always_inline)) {
    const Ints x = scaled_a((widened(a) - g.zero_a) << 20);
    const Ints other = scaled_b((widened(b) - g.zero_b) << 20);
    store_clipped(y, scaled(x + g.sign * other) + g.zero, g.low, g.high, count);
  };
  int64_t i = 0;
  for (; i + kLanes <= g.count; i += kLanes) some(g.a + i, g.b + i, g.y + i, kLanes);
  if (i < g.count) {
    int8_t last[2][kLanes] = {};
    copy_few(last[0], g.a + i, g.count - i);
    copy_few(last[1], g.b + i, g.count - i);
    some(last[0], last[1], g.y + i, g.count - i);
  }
}

}  // namespace
}  // namespace tidefall
