// Products of a few rows with a panel of a packed matrix.

#pragma once

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

// A tile of the result, some vectors across, stays in registers while it is summed up, beside the numbers of
// x that its rows are multiplied by. oneDNN took twice as long for so few rows.
constexpr int kAcross = kPanel / kLanes;
constexpr int kTileRows = kLanes == 16 ? 8 : kRegisters / (kAcross + 1);

// Three rows share a pointer: an address is one of these plus none, one or two steps.
template <int kRows, int kVectors>
TIDEFALL_INLINE void tile(const Strip& s, int64_t first) {
  constexpr int kShared = 3, kPointers = (kRows + kShared - 1) / kShared;
  const int64_t rest = s.width - (kVectors - 1) * kLanes;
  Floats sum[kRows][kVectors] = {};
  if (s.start != nullptr) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float* start = s.start + (first + r) * s.start_step;
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v)
        sum[r][v] = v < kVectors - 1 || rest >= kLanes ? load(start + v * kLanes)
                                                       : load_some(start + v * kLanes, rest, 0.f);
    }
  }
  const float* x[kPointers];
#pragma GCC unroll 8
  for (int i = 0; i < kPointers; ++i) x[i] = s.x + (first + i * kShared) * s.x_step;
  const float* panel = s.panel;
  for (int64_t k = 0; k < s.depth; ++k, panel += kPanel) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const Floats b = load(panel + v * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) sum[r][v] += x[r / kShared][r % kShared * s.x_step + k] * b;
    }
  }
  const Floats low = all(s.low), high = all(s.high);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    float* y = s.y + (first + r) * s.y_step;
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) {
      const Floats out = smaller(high, larger(low, sum[r][v]));
      if (v < kVectors - 1 || rest >= kLanes)
        store(y + v * kLanes, out);
      else
        store_some(y + v * kLanes, out, rest);
    }
  }
}

// All rows from `first` on, in tiles that get smaller.
template <int kRows, int kVectors>
TIDEFALL_INLINE void tiles(const Strip& s, int64_t first) {
  for (; first + kRows <= s.rows; first += kRows) tile<kRows, kVectors>(s, first);
  if constexpr (kRows > 1) tiles<(kRows + 1) / 2, kVectors>(s, first);
}

// As many vectors as the columns need. What is given is copied, or it would be read again after each store,
// which might have changed it.
template <int kVectors>
void strip_across(const Strip& given) {
  if constexpr (kVectors > 1)
    if (given.width <= (kVectors - 1) * kLanes) return strip_across<kVectors - 1>(given);
  const Strip s = given;
  tiles<kTileRows, kVectors>(s, 0);
}

void strip(const Strip& s) { strip_across<kAcross>(s); }

}  // namespace
}  // namespace tidefall
