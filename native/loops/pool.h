// The greatest of the pixels of a window, channel by channel.

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// Some channels of a pixel, of `kBytes` together.
template <typename T, int kBytes>
using Channels __attribute__((vector_size(kBytes))) = T;

template <typename T>
struct PoolWindow {
  const T* x;
  int64_t rows, row_step, columns, channels;
  T low, high;
  T* y;
};

// From channel `c` on, as many at a time as a vector holds, and then with vectors of half the size.
template <typename T, int kBytes>
TIDEFALL_INLINE void greatest_from(const PoolWindow<T>& w, int64_t c) {
  using Vector = Channels<T, kBytes>;
  constexpr int64_t kWide = kBytes / sizeof(T);
  for (; c + kWide <= w.channels; c += kWide) {
    Vector most, next;
    __builtin_memcpy(&most, w.x + c, sizeof(most));
    for (int64_t row = 0; row < w.rows; ++row)
      for (int64_t column = 0; column < w.columns; ++column) {
        __builtin_memcpy(&next, w.x + c + row * w.row_step + column * w.channels, sizeof(next));
        most = most < next ? next : most;
      }
    most = most < w.low ? w.low - Vector{} : most;
    most = most > w.high ? w.high - Vector{} : most;
    __builtin_memcpy(w.y + c, &most, sizeof(most));
  }
  if constexpr (kWide > 1) greatest_from<T, kBytes / 2>(w, c);
}

template <typename T>
void greatest(const T* x, int64_t rows, int64_t row_step, int64_t columns, int64_t channels, T low, T high,
              T* y) {
  greatest_from<T, kLanes * 4>({x, rows, row_step, columns, channels, low, high, y}, 0);
}

}  // namespace
}  // namespace tidefall
