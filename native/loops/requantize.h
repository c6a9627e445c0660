// Sums of integer products to int8, as TensorFlow Lite's reference kernels round them.
//
// These multiply by a fixed-point number, and round twice: to an integer, and after a shift to the right
// to the output. Done in float32, that gives the same for all sums but those whose first rounding is
// close to the middle between two integers; these are done again by the definition. For far shifts
// one rounding, to the output, is the same but close to the middle. Fully connected layers multiply by a
// float64 and round once.

#pragma once

#include <stdint.h>

#include "loops.h"

namespace tidefall {
namespace {

inline int8_t requantize_exactly(int32_t sum, int64_t c, const Requantization& r) {
  if (r.reals) {
    const double y = __builtin_round(sum * r.reals[c]) + r.zero;
    return static_cast<int8_t>(y < r.low ? r.low : y > r.high ? r.high : y);
  }
  const int32_t shift = r.shifts[c], left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int64_t moved = static_cast<int32_t>(static_cast<uint32_t>(sum) << left);
  const int64_t high = (moved * r.multipliers[c] + (int64_t{1} << 30)) >> 31;
  const int64_t half = right ? int64_t{1} << (right - 1) : 0;
  int64_t y = ((high + half - (right && high < 0)) >> right) + r.zero;
  y = y < r.low ? r.low : y > r.high ? r.high : y;
  return static_cast<int8_t>(y);
}

// The nearest outputs of some channels; sets `doubts` where the definition may give others.
inline int32_t nearest_outputs(int64_t count, const int32_t* __restrict__ sums,
                               const float* __restrict__ scales, const float* __restrict__ bounds,
                               const float* __restrict__ units, float zero, float low, float high, int32_t* __restrict__ doubts,
                               int8_t* __restrict__ y) {
  constexpr float kWhole = 12582912.f;  // adding 3 * 2^22 leaves no place for fractions
  constexpr float kMost = 32768.f;      // beyond the limits of any output
  int32_t unsure = 0;
  for (int64_t c = 0; c < count; ++c) {
    float value = static_cast<float>(sums[c]) * scales[c];
    value = value < -kMost ? -kMost : value;
    value = value > kMost ? kMost : value;
    const float first = (value + kWhole) - kWhole;
    const int32_t doubt = __builtin_fabsf(value - first) > bounds[c];
    doubts[c] = doubt;
    unsure |= doubt;
    // Halves go away from zero: a quarter of the grid's step takes them there, and nothing else.
    const float shifted = first * units[c];
    const float nearest = (shifted + __builtin_copysignf(units[c] * 0.25f, shifted) + kWhole) - kWhole;
    const float moved = nearest + zero;
    const float above = moved < low ? low : moved;
    y[c] = static_cast<int8_t>(static_cast<int32_t>(above > high ? high : above));
  }
  return unsure;
}

void requantize(int64_t size, const int32_t* x, const Requantization& how, int8_t* y) {
  constexpr int64_t kBlock = 32;
  const Requantization r = how;
  int32_t sums[kBlock], doubts[kBlock];
  for (; size > 0; size -= r.period, x += r.period, y += r.period) {
    const int64_t here = size < r.period ? size : r.period;
    for (int64_t begin = 0; begin < here; begin += kBlock) {
      const int64_t rest = here - begin, count = rest < kBlock ? rest : kBlock;
      for (int64_t c = 0; c < count; ++c)
        sums[c] = static_cast<int32_t>(static_cast<uint32_t>(x[begin + c]) +
                                       static_cast<uint32_t>(r.bias[begin + c]));
      const float *scales = r.scales + begin, *bounds = r.bounds + begin;
      const float* units = r.units + begin;
      // Of a whole block the compiler knows the size.
      const int32_t unsure =
          count == kBlock
              ? nearest_outputs(kBlock, sums, scales, bounds, units, r.zero, r.low, r.high, doubts, y + begin)
              : nearest_outputs(count, sums, scales, bounds, units, r.zero, r.low, r.high, doubts, y + begin);
      if (!unsure) continue;
      for (int64_t c = 0; c < count; ++c)
        if (doubts[c]) y[begin + c] = requantize_exactly(sums[c], begin + c, r);
    }
  }
}

}  // namespace
}  // namespace tidefall
