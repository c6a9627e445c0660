// Products of a few rows with a panel of a packed matrix.

#pragma once

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

// A tile of the result, a panel wide, stays in registers while it is summed up, beside the numbers of
// x that its rows are multiplied by. oneDNN took twice as long for so few rows.
constexpr int kAcross = kPanel / kLanes;
constexpr int kTileRows = kLanes == 16 ? 8 : kRegisters / (kAcross + 1);

template <int kRows>
TIDEFALL_INLINE void tile(const Strip& s, int64_t first) {
  const float* x = s.x + first * s.x_step;
  Floats sum[kRows][kAcross] = {};
  if (s.start != nullptr) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kAcross; ++v)
        sum[r][v] = load(s.start + (first + r) * s.start_step + v * kLanes);
  }
  for (int64_t k = 0; k < s.depth; ++k) {
    const float* row = s.panel + k * kPanel;
#pragma GCC unroll 8
    for (int v = 0; v < kAcross; ++v) {
      const Floats b = load(row + v * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) sum[r][v] += x[r * s.x_step + k] * b;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < kAcross; ++v)
      store(s.y + (first + r) * s.y_step + v * kLanes, sum[r][v]);
}

void strip(const Strip& s) {
  int64_t r = 0;
  for (; r + kTileRows <= s.rows; r += kTileRows) tile<kTileRows>(s, r);
  for (; r < s.rows; ++r) tile<1>(s, r);
}

}  // namespace
}  // namespace tidefall
