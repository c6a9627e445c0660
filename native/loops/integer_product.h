// Products of int8 matrices with packed ones, to int8: sums never leave the registers.
//
// Weights are packed into blocks of up to four vectors of filters (two where registers are few); in each,
// four weights of a filter lie together, since that many products are added up at once.

#pragma once

#include "integers.h"

namespace tidefall {
namespace {

constexpr int kMostAcross = kRegisters == 32 ? 4 : 2;

// Rows of a tile by its vectors across, so that all sums stay in registers.
constexpr int tile_rows(int across) {
  if (kRegisters == 32) return across == 4 ? 6 : across == 3 ? 8 : 12;
  return across == 2 ? 4 : 6;
}

// Where the vectors of blocks begin: blocks of nearly one width.
struct Blocks {
  int64_t vectors, count;

  explicit Blocks(int64_t filters)
      : vectors((filters + kLanes - 1) / kLanes), count((vectors + kMostAcross - 1) / kMostAcross) {}
  int64_t begin(int64_t block) const { return vectors * block / count; }
};

int64_t integer_panels(int64_t depth, int64_t filters, int64_t* blocks) {
  const Blocks all(filters);
  *blocks = all.count;
  return (depth + 3) / 4 * 4 * all.vectors * kLanes;
}

void pack_integers(int64_t depth, int64_t filters, const int8_t* weights, int8_t* to) {
  const Blocks all(filters);
  for (int64_t block = 0; block < all.count; ++block)
    for (int64_t k = 0; k < depth; k += 4)
      for (int64_t f = all.begin(block) * kLanes; f < all.begin(block + 1) * kLanes; ++f)
        for (int64_t i = k; i < k + 4; ++i)
          *to++ = i < depth && f < filters ? weights[i * filters + f] : int8_t{0};
}

template <int kRows, int kAcross>
TIDEFALL_INLINE void integer_tile(const IntegerProduct& g, int64_t row, const int8_t* panel,
                                  int64_t filter) {
  Ints sum[kRows][kAcross];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kAcross; ++v) sum[r][v] = load_ints(g.how.bias + filter + v * kLanes);
  // An address is one of these plus none, one or two steps.
  const int8_t* x[(kRows + 2) / 3];
#pragma GCC unroll 4
  for (int i = 0; i < (kRows + 2) / 3; ++i) x[i] = g.x + (row + 3 * i) * g.x_step;
  const int64_t step = g.x_step;
  Ints flip = all_ints(kFlip);
#if defined(__SSE2__)
  asm("" : "+x"(flip));  // else the numbers go through other registers on their way
#endif
  for (int64_t k = 0; k < g.depth; k += 4, panel += 4 * kLanes * kAcross) {
    Operand w[kAcross];
#pragma GCC unroll 4
    for (int v = 0; v < kAcross; ++v) w[v] = of_signed(load_bytes(panel + 4 * kLanes * v));
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      int32_t four;
      __builtin_memcpy(&four, x[r / 3] + (r % 3) * step + k, 4);
      const Operand a = of_unsigned(all_ints(four) ^ flip);
#pragma GCC unroll 4
      for (int v = 0; v < kAcross; ++v) sum[r][v] = add_products_of(sum[r][v], a, w[v]);
    }
  }
  int8_t* y = g.y + row * g.y_step + filter;
  const int64_t rest = g.filters - filter;
  if (g.how.is_plain && rest >= kAcross * kLanes) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < kAcross; ++v) sum[r][v] = PlainScaling(g.how, filter + v * kLanes)(sum[r][v]);
      store_clipped(y + r * g.y_step, sum[r], g.how.low, g.how.high);
    }
    return;
  }
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < kAcross; ++v)
      store_requantized(y + r * g.y_step + v * kLanes, sum[r][v], g.how, filter + v * kLanes,
                        rest - v * kLanes);
}

// All rows from `row` on, in tiles that get smaller.
template <int kRows, int kAcross>
void integer_strip(const IntegerProduct& g, int64_t row, const int8_t* panel, int64_t filter) {
  for (; row + kRows <= g.rows; row += kRows) integer_tile<kRows, kAcross>(g, row, panel, filter);
  if constexpr (kRows > 1) integer_strip<kRows / 2, kAcross>(g, row, panel, filter);
}

template <int kAcross>
void integer_block(int64_t across, const IntegerProduct& g, const int8_t* panel, int64_t filter) {
  if (across == kAcross) return integer_strip<tile_rows(kAcross), kAcross>(g, 0, panel, filter);
  if constexpr (kAcross > 1) integer_block<kAcross - 1>(across, g, panel, filter);
}

void integer_product(const IntegerProduct& g) {
  const Blocks all(g.filters);
  for (int64_t block = g.begin; block < g.end; ++block) {
    const int64_t first = all.begin(block) * kLanes;
    integer_block<kMostAcross>(all.begin(block + 1) - all.begin(block), g,
                               g.panels + first * g.depth, first);
  }
}

}  // namespace
}  // namespace tidefall
