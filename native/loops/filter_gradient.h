// Sums of products of rows of channels that lie apart.

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// Vectors at a time: their sums stay in registers.
template <int kVectors>
TIDEFALL_INLINE void add_tile(const float* x, int64_t x_step, const float* dy, int64_t dy_step,
                              int64_t count, float* to) {
  Floats sums[kVectors] = {};
  for (; count > 0; --count, x += x_step, dy += dy_step)
    for (int v = 0; v < kVectors; ++v) sums[v] += load(x + v * kLanes) * load(dy + v * kLanes);
  for (int v = 0; v < kVectors; ++v) store(to + v * kLanes, load(to + v * kLanes) + sums[v]);
}

void add_filter_row(const float* x, int64_t x_step, const float* dy, int64_t dy_step, int64_t count,
                    int64_t channels, float* to) {
  constexpr int kWide = 4;
  int64_t c = 0;
  for (; c + kWide * kLanes <= channels; c += kWide * kLanes)
    add_tile<kWide>(x + c, x_step, dy + c, dy_step, count, to + c);
  for (; c + kLanes <= channels; c += kLanes)
    add_tile<1>(x + c, x_step, dy + c, dy_step, count, to + c);
  if (c < channels)
    for (; count > 0; --count, x += x_step, dy += dy_step)
      for (int64_t i = c; i < channels; ++i) to[i] += x[i] * dy[i];
}

}  // namespace
}  // namespace tidefall
