#include "row_product.h"

#include <algorithm>
#include <cstring>

namespace tidefall {
namespace {

// A matrix is packed into panels of so many columns, one after the other. A tile of the result, a
// panel wide, stays in registers while it is summed up: 8 rows of it in the 32 of AVX-512, 3 in the 16
// of other processors. oneDNN, which packs likewise, took twice as long for so few rows.
constexpr int64_t kPanel = 32;
constexpr int kLanes = 16;
typedef float Lanes __attribute__((vector_size(4 * kLanes), aligned(4)));

int64_t panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

template <int kRows>
inline __attribute__((always_inline)) void tile(int64_t depth, const float* x, int64_t x_step,
                                                const float* panel, float* y, int64_t y_step) {
  Lanes sum[kRows][2] = {};
  for (int64_t k = 0; k < depth; ++k) {
    const Lanes left = *reinterpret_cast<const Lanes*>(panel + k * kPanel);
    const Lanes right = *reinterpret_cast<const Lanes*>(panel + k * kPanel + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      sum[r][0] += x[r * x_step + k] * left;
      sum[r][1] += x[r * x_step + k] * right;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    *reinterpret_cast<Lanes*>(y + r * y_step) = sum[r][0];
    *reinterpret_cast<Lanes*>(y + r * y_step + kLanes) = sum[r][1];
  }
}

// All rows by one panel.
template <int kRows>
inline __attribute__((always_inline)) void strip(int64_t rows, int64_t depth, const float* x,
                                                 int64_t x_step, const float* panel, float* y,
                                                 int64_t y_step) {
  int64_t r = 0;
  for (; r + kRows <= rows; r += kRows)
    tile<kRows>(depth, x + r * x_step, x_step, panel, y + r * y_step, y_step);
  for (; r < rows; ++r) tile<1>(depth, x + r * x_step, x_step, panel, y + r * y_step, y_step);
}

__attribute__((target("avx512f"))) void strip_512(int64_t rows, int64_t depth, const float* x,
                                                  int64_t x_step, const float* panel, float* y,
                                                  int64_t y_step) {
  strip<8>(rows, depth, x, x_step, panel, y, y_step);
}

__attribute__((target("avx2,fma"))) void strip_256(int64_t rows, int64_t depth, const float* x,
                                                   int64_t x_step, const float* panel, float* y,
                                                   int64_t y_step) {
  strip<3>(rows, depth, x, x_step, panel, y, y_step);
}

void strip_128(int64_t rows, int64_t depth, const float* x, int64_t x_step, const float* panel,
               float* y, int64_t y_step) {
  strip<1>(rows, depth, x, x_step, panel, y, y_step);
}

auto* chosen_strip() {
  if (__builtin_cpu_supports("avx512f")) return strip_512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return strip_256;
  return strip_128;
}

}  // namespace

int64_t packed_size(int64_t depth, int64_t columns) { return depth * panels(columns) * kPanel; }

void pack(int64_t depth, int64_t columns, const float* from, int64_t row_step, int64_t column_step,
          float* to) {
  for (int64_t p = 0; p < panels(columns); ++p) {
    const int64_t first = p * kPanel, width = std::min(kPanel, columns - first);
    for (int64_t k = 0; k < depth; ++k, to += kPanel)
      for (int64_t j = 0; j < kPanel; ++j)
        to[j] = j < width ? from[k * row_step + (first + j) * column_step] : 0.f;
  }
}

void multiply(int64_t rows, int64_t depth, int64_t columns, const float* x, int64_t x_step,
              const float* packed, float* y, int64_t y_step) {
  static auto* const strip = chosen_strip();
  for (int64_t first = 0; first < columns; first += kPanel, packed += depth * kPanel) {
    const int64_t width = columns - first;
    if (width >= kPanel) {
      strip(rows, depth, x, x_step, packed, y + first, y_step);
      continue;
    }
    for (int64_t r = 0; r < rows; ++r) {  // by rows: a narrow last panel is rare, and little work
      float whole[kPanel];
      strip(1, depth, x + r * x_step, x_step, packed, whole, kPanel);
      std::memcpy(y + r * y_step + first, whole, sizeof(float) * width);
    }
  }
}

}  // namespace tidefall
