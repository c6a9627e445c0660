// The Cholesky decomposition of a small matrix, of functions.cc.

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// u^T u = a, in place: of a, the upper triangle is read, and of u it is written, row by row, so that all
// loops run along rows. Four rows are finished at a time before those below see them, which then are
// read and written a quarter as often. False if a is not positive definite.
bool cholesky(int64_t n, float* u) {
  constexpr int64_t kRows = 4;
  for (int64_t k = 0; k < n; k += kRows) {
    const int64_t end = k + kRows < n ? k + kRows : n;
    for (int64_t i = k; i < end; ++i) {
      float* __restrict__ row = u + i * n;
      for (int64_t above = k; above < i; ++above) {
        const float* from = u + above * n;
        const float factor = from[i];
        for (int64_t j = i; j < n; ++j) row[j] -= factor * from[j];
      }
      if (!(row[i] > 0.f && row[i] < __builtin_inff())) return false;
      const float root = __builtin_sqrtf(row[i]), scale = 1.f / root;
      row[i] = root;
      for (int64_t j = i + 1; j < n; ++j) row[j] *= scale;
    }
    if (end < k + kRows) break;
    const float *a = u + k * n, *b = a + n, *c = b + n, *d = c + n;
    for (int64_t i = end; i < n; ++i) {
      float* __restrict__ row = u + i * n;
      const float fa = a[i], fb = b[i], fc = c[i], fd = d[i];
      for (int64_t j = i; j < n; ++j) row[j] -= (fa * a[j] + fb * b[j]) + (fc * c[j] + fd * d[j]);
    }
  }
  return true;
}

}  // namespace
}  // namespace tidefall
