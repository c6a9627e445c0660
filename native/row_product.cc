#include "row_product.h"

#include <algorithm>

#include "loops/loops.h"

namespace tidefall {

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
    s.width = std::min(kPanel, columns - first);
    loops().strip(s);
  }
}

}  // namespace tidefall
