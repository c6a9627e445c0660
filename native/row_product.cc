#include "row_product.h"

#include <algorithm>

#include "loops/loops.h"

namespace tidefall {

// A last panel that is not whole: by rows, as it is rare, and little work.
static void narrow(const Strip& all, int64_t width) {
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
    loops().strip(one);
    std::copy_n(y, width, all.y + r * all.y_step);
  }
}

int64_t panels(int64_t columns) { return (columns + kPanel - 1) / kPanel; }

int64_t packed_size(int64_t depth, int64_t columns) { return depth * panels(columns) * kPanel; }

void pack(int64_t panel, int64_t depth, int64_t columns, const float* from, int64_t row_step,
          int64_t column_step, float* packed) {
  constexpr int64_t kCacheLine = 16;
  const int64_t first = panel * kPanel, width = std::min(kPanel, columns - first);
  float* to = packed + panel * depth * kPanel;
  from += first * column_step;
  if (width < kPanel) std::fill_n(to, depth * kPanel, 0.f);
  if (column_step == 1) {
    for (int64_t k = 0; k < depth; ++k)
      std::copy_n(from + k * row_step, width, to + k * kPanel);
    return;
  }
  for (int64_t k = 0; k < depth; k += kCacheLine)  // of each column as much as one of them holds
    for (int64_t j = 0; j < width; ++j)
      for (int64_t i = k; i < std::min(k + kCacheLine, depth); ++i)
        to[i * kPanel + j] = from[i * row_step + j * column_step];
}

void multiply(int64_t rows, int64_t depth, int64_t columns, Matrix x, const float* packed,
              Matrix start, float* y, int64_t y_step) {
  Strip s{rows, depth, x.at, x.step, packed, start.at, start.step, y, y_step};
  for (int64_t first = 0; first < columns; first += kPanel, s.panel += depth * kPanel) {
    s.start = start.at == nullptr ? nullptr : start.at + first;
    s.y = y + first;
    const int64_t width = columns - first;
    if (width >= kPanel)
      loops().strip(s);
    else
      narrow(s, width);
  }
}

}  // namespace tidefall
