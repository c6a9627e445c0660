// Convolutions of int8 images, each channel by itself, to int8.
//
// For a vector of channels, four rows of the image that lie under the window are laid out so that their
// bytes come together, column by column: these are what products are added up of, four at once, and all
// windows that a column is in take them.

#pragma once

#include "integers.h"

namespace tidefall {
namespace {

constexpr int64_t kStep = 4 * kLanes;  // bytes of a column

TIDEFALL_INLINE int64_t fours(int64_t rows) { return (rows + 3) / 4; }

TIDEFALL_INLINE int64_t columns_needed(const IntegerDepthwise& g) {
  return (g.outs - 1) * g.step + (g.window_columns - 1) * g.dilation + 1;
}

int64_t depthwise_room(const IntegerDepthwise& g) {
  return fours(g.window_rows) * columns_needed(g) * kStep;
}

int64_t depthwise_panels(int64_t rows, int64_t columns, int64_t channels) {
  return (channels + kLanes - 1) / kLanes * fours(rows) * columns * kStep;
}

void pack_depthwise(int64_t rows, int64_t columns, int64_t channels, const int8_t* weights, int8_t* to) {
  for (int64_t c = 0; c < channels; c += kLanes)
    for (int64_t row = 0; row < rows; row += 4)
      for (int64_t column = 0; column < columns; ++column)
        for (int64_t i = c; i < c + kLanes; ++i)
          for (int64_t r = row; r < row + 4; ++r)
            *to++ = r < rows && i < channels ? weights[(r * columns + column) * channels + i] : int8_t{0};
}

// kLanes bytes of each of four rows, those at one place together.
TIDEFALL_INLINE void interleave(const int8_t* const (&rows)[4], int8_t* to) {
#if defined(__SSE2__)
  const __m128i flip = _mm_set1_epi8(-128);
  __m128i v[4];
  if constexpr (kLanes == 16) {
    for (int i = 0; i < 4; ++i) v[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(rows[i])) ^ flip;
    const __m128i a = _mm_unpacklo_epi8(v[0], v[1]), b = _mm_unpacklo_epi8(v[2], v[3]);
    const __m128i c = _mm_unpackhi_epi8(v[0], v[1]), d = _mm_unpackhi_epi8(v[2], v[3]);
    auto* out = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(out, _mm_unpacklo_epi16(a, b));
    _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(a, b));
    _mm_storeu_si128(out + 2, _mm_unpacklo_epi16(c, d));
    _mm_storeu_si128(out + 3, _mm_unpackhi_epi16(c, d));
    return;
  }
  if constexpr (kLanes == 8) {
    for (int i = 0; i < 4; ++i) v[i] = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(rows[i])) ^ flip;
    const __m128i a = _mm_unpacklo_epi8(v[0], v[1]), b = _mm_unpacklo_epi8(v[2], v[3]);
    auto* out = reinterpret_cast<__m128i*>(to);
    _mm_storeu_si128(out, _mm_unpacklo_epi16(a, b));
    _mm_storeu_si128(out + 1, _mm_unpackhi_epi16(a, b));
    return;
  }
#endif
  for (int i = 0; i < kLanes; ++i)
    for (int r = 0; r < 4; ++r) to[4 * i + r] = static_cast<int8_t>(rows[r][i] ^ -128);
}

// The columns of the channels from `c` on, and what is beside the image. kWhole: a vector of channels is
// there, else `count` are.
template <bool kWhole>
TIDEFALL_INLINE void lay_out(const IntegerDepthwise& g, int64_t c, int64_t count) {
  int8_t filled[kLanes], some[4][kLanes] = {};
  __builtin_memset(filled, g.fill, kLanes);
  const int8_t* const beside[4] = {filled, filled, filled, filled};
  const int64_t end = columns_needed(g) - g.before, last = end < g.columns ? end : g.columns;
  int8_t* to = g.room;
  for (int64_t row = 0; row < g.window_rows; row += 4) {
    const int8_t* from[4];
    int64_t steps[4];
    for (int64_t i = 0; i < 4; ++i) {
      // Behind the window's last row weights are zero, so that any row will do.
      const int8_t* line = row + i < g.window_rows ? g.lines[row + i] : g.lines[row];
      from[i] = line ? line + c : filled;
      steps[i] = line ? g.channels : 0;
    }
    for (int64_t column = -g.before; column < 0; ++column, to += kStep) interleave(beside, to);
    for (int64_t column = 0; column < last; ++column, to += kStep) {
      if constexpr (kWhole) {
        interleave(from, to);
      } else {
        for (int i = 0; i < 4; ++i) copy_few(some[i], from[i], count);
        const int8_t* const at[4] = {some[0], some[1], some[2], some[3]};
        interleave(at, to);
      }
      for (int i = 0; i < 4; ++i) from[i] += steps[i];
    }
    for (int64_t column = last; column < end; ++column, to += kStep) interleave(beside, to);
  }
}

// A row of outputs of whole vectors with plain requantization. kTaps: how many fours of rows times columns
// the window has.
template <int kTaps>
TIDEFALL_INLINE void depthwise_row(const IntegerDepthwise& g, int64_t c, const int8_t* panel) {
  const int64_t needed = columns_needed(g), step = g.step * kStep, channels = g.channels;
  const Ints start = load_ints(g.how.bias + c);
  const PlainScaling scaled(g.how, c);
  const int8_t low = g.how.low, high = g.how.high;
  Operand w[kTaps];
  int64_t places[kTaps];
  for (int t = 0; t < kTaps; ++t) {
    w[t] = of_signed(load_bytes(panel + t * kStep));
    places[t] = (t / g.window_columns * needed + t % g.window_columns * g.dilation) * kStep;
  }
  int8_t* y = g.y + c;
  const int8_t* x = g.room;
  for (int64_t out = g.outs; out > 0; --out, y += channels, x += step) {
    Ints sum = start;
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t)
      sum = add_products_of(sum, of_unsigned(load_bytes(x + places[t])), w[t]);
    store_clipped(y, scaled(sum), low, high, kLanes);
  }
}

// The same of any window and any requantization.
void depthwise_row_of_any(const IntegerDepthwise& g, int64_t c, int64_t count, const int8_t* panel) {
  const int64_t needed = columns_needed(g), groups = fours(g.window_rows);
  const Ints start = load_ints(g.how.bias + c);
  int8_t* y = g.y + c;
  for (int64_t out = 0; out < g.outs; ++out, y += g.channels) {
    const int8_t *x = g.room + out * g.step * kStep, *weights = panel;
    Ints sum = start;
    for (int64_t group = 0; group < groups; ++group)
      for (int64_t column = 0; column < g.window_columns; ++column, weights += kStep)
        sum = add_products_of(
            sum, of_unsigned(load_bytes(x + (group * needed + column * g.dilation) * kStep)),
            of_signed(load_bytes(weights)));
    store_requantized(y, sum, g.how, c, count);
  }
}

void integer_depthwise(const IntegerDepthwise& given) {
  const IntegerDepthwise g = given;
  const int64_t taps = fours(g.window_rows) * g.window_columns;
  const int8_t* panel = g.panels;
  for (int64_t c = 0; c < g.channels; c += kLanes, panel += taps * kStep) {
    const int64_t count = g.channels - c < kLanes ? g.channels - c : kLanes;
    const bool is_whole = count == kLanes && g.how.is_plain;
    if (count == kLanes)
      lay_out<true>(g, c, count);
    else
      lay_out<false>(g, c, count);
    if (is_whole && taps == 3)
      depthwise_row<3>(g, c, panel);
    else if (is_whole && taps == 10)
      depthwise_row<10>(g, c, panel);
    else
      depthwise_row_of_any(g, c, count, panel);
  }
}

}  // namespace
}  // namespace tidefall
