// Weighted sums of rows and of positions in a row, of pictures that are resized.
//
// The sums are those of ops/image/taps.py, bit for bit: products are rounded before they are added.

#pragma once

#include <stdint.h>

#include "loops.h"

#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC push_options
#pragma GCC optimize("fp-contract=off")
#endif

namespace tidefall {
namespace {

inline float blend(float a, float b, float share) { return a + (b - a) * share; }

// Rows of `n` elements into one.
template <typename T>
void mix_rows(const Sources& sources, int64_t output, const T* x, int64_t n,
              float* __restrict__ to) {
  const int32_t* index = sources.index + output * sources.taps;
  const float* weight = sources.weight + output * sources.taps;
  const T* a = x + (index[0] - sources.origin) * n;
  if (sources.blends) {
    const T* b = x + (index[1] - sources.origin) * n;
    const float share = weight[1];
    for (int64_t i = 0; i < n; ++i) to[i] = blend(a[i], b[i], share);
    return;
  }
  for (int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(a[i]) * weight[0];
  for (int64_t k = 1; k < sources.taps; ++k) {
    const T* b = x + (index[k] - sources.origin) * n;
    for (int64_t i = 0; i < n; ++i) to[i] += static_cast<float>(b[i]) * weight[k];
  }
}

// One position of a row with `kChannels` channels.
template <int64_t kChannels, typename T>
inline void mix_position(const int32_t* index, const float* weight, const Sources& sources,
                         const T* x, float* to) {
  const T* a = x + index[0] * kChannels;
  if (sources.blends) {
    const T* b = x + index[1] * kChannels;
    for (int64_t c = 0; c < kChannels; ++c) to[c] = blend(a[c], b[c], weight[1]);
    return;
  }
  for (int64_t c = 0; c < kChannels; ++c) to[c] = static_cast<float>(a[c]) * weight[0];
  for (int64_t k = 1; k < sources.taps; ++k) {
    const T* b = x + index[k] * kChannels;
    for (int64_t c = 0; c < kChannels; ++c) to[c] += static_cast<float>(b[c]) * weight[k];
  }
}

// All positions of a row. Three channels that blend are read and written as four where nothing ends
// there: whatever the fourth is, the next position overwrites it.
template <int64_t kChannels, typename T>
void mix_positions(const Sources& sources, const T* x, float* __restrict__ to) {
  const int32_t* index = sources.index;
  const float* weight = sources.weight;
  const int64_t last = sources.size - 1;
  for (int64_t j = 0; j < sources.outputs; ++j) {
    if (kChannels == 3 && sources.blends && j + 1 < sources.outputs && index[0] < last &&
        index[1] < last) {
      const T *a = x + index[0] * 3, *b = x + index[1] * 3;
      float four[4];
      for (int64_t c = 0; c < 4; ++c) four[c] = blend(a[c], b[c], weight[1]);
      __builtin_memcpy(to, four, sizeof four);
    } else {
      mix_position<kChannels>(index, weight, sources, x, to);
    }
    index += sources.taps, weight += sources.taps, to += kChannels;
  }
}

template <typename T>
void mix_columns(const Sources& sources, const T* x, int64_t channels, float* to) {
  switch (channels) {
    case 1:
      return mix_positions<1>(sources, x, to);
    case 3:
      return mix_positions<3>(sources, x, to);
    case 4:
      return mix_positions<4>(sources, x, to);
    default:
      for (int64_t j = 0; j < sources.outputs; ++j)
        mix_rows(sources, j, x, channels, to + j * channels);
  }
}

}  // namespace
}  // namespace tidefall

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif
