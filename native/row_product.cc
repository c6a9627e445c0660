#include "row_product.h"

#include <algorithm>

#include "vectors.h"

namespace tidefall {
namespace {

// A matrix is packed into panels of so many columns, one after the other. A tile of the result, a
// panel wide, stays in registers while it is summed up: 8 rows of it in the 32 of AVX-512, 3 in the 16
// of other processors. oneDNN, which packs likewise, took twice as long for so few rows.
constexpr int64_t kPanel = 32;
constexpr int kLanes = 16;
typedef float Vector __attribute__((vector_size(4 * kLanes), aligned(4)));

// What a strip, all rows by one panel, is given; `start` is null where sums start at zero.
struct Strip {
  int64_t rows, depth;
  const float* x;
  int64_t x_step;
  const float* panel;
  const float* start;
  int64_t start_step;
  float* y;
  int64_t y_step;
};

const Vector& lanes(const float* at) { return *reinterpret_cast<const Vector*>(at); }
Vector& lanes(float* at) { return *reinterpret_cast<Vector*>(at); }

template <int kRows>
TIDEFALL_INLINE void tile(const Strip& s, int64_t first) {
  const float* x = s.x + first * s.x_step;
  Vector sum[kRows][2] = {};
  if (s.start != nullptr) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const float* start = s.start + (first + r) * s.start_step;
      sum[r][0] = lanes(start);
      sum[r][1] = lanes(start + kLanes);
    }
  }
  for (int64_t k = 0; k < s.depth; ++k) {
    const Vector left = lanes(s.panel + k * kPanel), right = lanes(s.panel + k * kPanel + kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      sum[r][0] += x[r * s.x_step + k] * left;
      sum[r][1] += x[r * s.x_step + k] * right;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    float* y = s.y + (first + r) * s.y_step;
    lanes(y) = sum[r][0];
    lanes(y + kLanes) = sum[r][1];
  }
}

template <int kRows>
TIDEFALL_INLINE void strip(const Strip& s) {
  int64_t r = 0;
  for (; r + kRows <= s.rows; r += kRows) tile<kRows>(s, r);
  for (; r < s.rows; ++r) tile<1>(s, r);
}

__attribute__((target("avx512f"))) void strip_512(const Strip& s) { strip<8>(s); }
__attribute__((target("avx2,fma"))) void strip_256(const Strip& s) { strip<3>(s); }
void strip_128(const Strip& s) { strip<1>(s); }

auto* chosen_strip() {
  if (__builtin_cpu_supports("avx512f")) return strip_512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return strip_256;
  return strip_128;
}

// A last panel that is not whole: by rows, as it is rare, and little work.
void narrow(const Strip& all, int64_t width, void (*strip)(const Strip&)) {
  float start[kPanel] = {}, y[kPanel];
  for (int64_t r = 0; r < all.rows; ++r) {
    Strip one = all;
    one.rows = 1;
    one.x += r * all.x_step;
    if (all.start != nullptr) {
      std::copy_n(all.start + r * all.start_step, width, start);
      one.start = start;
    }
    one.y = y;
    strip(one);
    std::copy_n(y, width, all.y + r * all.y_step);
  }
}

}  // namespace

int64_t panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

void pack(int64_t panel, int64_t depth, int64_t columns, const float* from, int64_t row_step,
          int64_t column_step, float* packed) {
  const int64_t first = panel * kPanel, width = std::min(kPanel, columns - first);
  float* to = packed + panel * depth * kPanel;
  from += first * column_step;
  if (width < kPanel) std::fill_n(to, depth * kPanel, 0.f);
  if (column_step == 1) {
    for (int64_t k = 0; k < depth; ++k)
      std::copy_n(from + k * row_step, width, to + k * kPanel);
    return;
  }
  for (int64_t k = 0; k < depth; k += kLanes)  // as much as a cache line holds, of each column
    for (int64_t j = 0; j < width; ++j)
      for (int64_t i = k; i < std::min(k + kLanes, depth); ++i)
        to[i * kPanel + j] = from[i * row_step + j * column_step];
}

int64_t packed_size(int64_t depth, int64_t columns) { return depth * panels(columns) * kPanel; }

void multiply(int64_t rows, int64_t depth, int64_t columns, Matrix x, const float* packed,
              Matrix start, float* y, int64_t y_step) {
  static auto* const strip = chosen_strip();
  Strip s{rows, depth, x.at, x.step, packed, start.at, start.step, y, y_step};
  for (int64_t first = 0; first < columns; first += kPanel, s.panel += depth * kPanel) {
    s.start = start.at == nullptr ? nullptr : start.at + first;
    s.y = y + first;
    const int64_t width = columns - first;
    if (width >= kPanel)
      strip(s);
    else
      narrow(s, width, strip);
  }
}

}  // namespace tidefall
