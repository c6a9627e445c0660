// Rows are added to sums as they come. The compiler turns these loops into vectors by itself.

#pragma once

#include <stdint.h>

namespace tidefall {
namespace {

void add_rows(const float* __restrict__ x, int64_t rows, int64_t width, float* __restrict__ sums) {
  for (; rows >= 4; rows -= 4, x += 4 * width) {
    const float *a = x, *b = a + width, *c = b + width, *d = c + width;
    for (int64_t i = 0; i < width; ++i) sums[i] += (a[i] + b[i]) + (c[i] + d[i]);
  }
  for (; rows > 0; --rows, x += width)
    for (int64_t i = 0; i < width; ++i) sums[i] += x[i];
}

void add_products(const float* __restrict__ x, const float* __restrict__ y, int64_t rows,
                  int64_t width, float* __restrict__ sums) {
  for (; rows >= 2; rows -= 2, x += 2 * width, y += 2 * width) {
    const float *a = x, *b = a + width, *c = y, *d = c + width;
    for (int64_t i = 0; i < width; ++i) sums[i] += a[i] * c[i] + b[i] * d[i];
  }
  if (rows)
    for (int64_t i = 0; i < width; ++i) sums[i] += x[i] * y[i];
}

void add_squares(const float* __restrict__ x, const float* __restrict__ centres, int64_t rows,
                 int64_t width, float* __restrict__ sums) {
  for (; rows > 0; --rows, x += width)
    for (int64_t i = 0; i < width; ++i) sums[i] += (x[i] - centres[i]) * (x[i] - centres[i]);
}

}  // namespace
}  // namespace tidefall
