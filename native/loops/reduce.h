// Reductions of rows, and where their largest element is, of functions.cc.

#pragma once

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

// In vectors for some elements at a time, whose sums are added up in double.
double sum_of_row(const float* x, int64_t n) {
  constexpr int64_t kSome = 64 * kLanes;
  double total = 0;
  while (n >= kLanes) {
    const int64_t end = (n < kSome ? n : kSome) / kLanes * kLanes;
    Floats a{}, b{}, c{}, d{};
    int64_t i = 0;
    for (; i + 4 * kLanes <= end; i += 4 * kLanes) {
      a += load(x + i);
      b += load(x + i + kLanes);
      c += load(x + i + 2 * kLanes);
      d += load(x + i + 3 * kLanes);
    }
    for (; i < end; i += kLanes) a += load(x + i);
    total += sum_of((a + b) + (c + d));
    x += end;
    n -= end;
  }
  float rest = 0;
  for (int64_t i = 0; i < n; ++i) rest += x[i];
  return total + rest;
}

// The largest of at least one element; NaN if there is one among them and `keeps_nan`, which is passed
// over otherwise. `sign` is -1 for the smallest.
TIDEFALL_INLINE float extreme_of(const float* x, int64_t n, float sign, bool keeps_nan) {
  float most = -__builtin_inff();
  bool unordered = false;
  int64_t i = 0;
  if (n >= kLanes) {
    Floats best = all(most);
    Ints odd{};
    for (; i + kLanes <= n; i += kLanes) {
      const Floats v = load(x + i), signed_v = v * sign;
      best = signed_v > best ? signed_v : best;
      odd |= v != v;
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      most = best[lane] > most ? best[lane] : most;
      unordered |= odd[lane] != 0;
    }
  }
  for (; i < n; ++i) {
    most = x[i] * sign > most ? x[i] * sign : most;
    unordered |= x[i] != x[i];
  }
  return unordered && keeps_nan ? __builtin_nanf("") : most * sign;
}

void reduce_rows(Reduction kind, int64_t rows, int64_t n, const float* x, float* y) {
  for (int64_t row = 0; row < rows; ++row, x += n) switch (kind) {
      case Reduction::sum:
        y[row] = static_cast<float>(sum_of_row(x, n));
        break;
      case Reduction::mean:
        y[row] = static_cast<float>(sum_of_row(x, n) / static_cast<double>(n));
        break;
      case Reduction::max:
        y[row] = extreme_of(x, n, 1.f, true);
        break;
      case Reduction::min:
        y[row] = extreme_of(x, n, -1.f, true);
        break;
    }
}

// Columns of some rows, which are added one after the other.
void reduce_columns(Reduction kind, int64_t rows, int64_t columns, const float* x, float* __restrict y) {
  for (int64_t i = 0; i < columns; ++i) y[i] = x[i];
  for (int64_t row = 1; row < rows; ++row) {
    x += columns;
    switch (kind) {
      case Reduction::sum:
      case Reduction::mean:
        for (int64_t i = 0; i < columns; ++i) y[i] += x[i];
        break;
      case Reduction::max:
        for (int64_t i = 0; i < columns; ++i) y[i] = y[i] > x[i] || y[i] != y[i] ? y[i] : x[i];
        break;
      case Reduction::min:
        for (int64_t i = 0; i < columns; ++i) y[i] = y[i] < x[i] || y[i] != y[i] ? y[i] : x[i];
        break;
    }
  }
  if (kind == Reduction::mean)
    for (int64_t i = 0; i < columns; ++i) y[i] /= static_cast<float>(rows);
}

// Where the largest (`sign` 1) or smallest (-1) element of each row is, the first of equals. What is
// no number is never chosen.
void find_in_rows(float sign, int64_t rows, int64_t n, const float* x, int64_t* at) {
  for (int64_t row = 0; row < rows; ++row, x += n) {
    const float most = extreme_of(x, n, sign, false);
    int64_t i = 0;
    while (i < n && x[i] != most) ++i;
    at[row] = i < n && most * sign > -__builtin_inff() ? i : 0;
  }
}

void top_of_rows(int64_t rows, int64_t n, int64_t k, const float* x, int32_t* at) {
  float best[kMostTop];
  for (int64_t row = 0; row < rows; ++row, x += n, at += k) {
    int64_t found = 0;
    const auto insert = [&](int64_t i) {
      if (found == k && !(x[i] > best[k - 1])) return;
      int64_t place = found < k ? found++ : k - 1;
      for (; place > 0 && x[i] > best[place - 1]; --place) {
        best[place] = best[place - 1];
        at[place] = at[place - 1];
      }
      best[place] = x[i];
      at[place] = static_cast<int32_t>(i);
    };
    int64_t i = 0;
    for (; i < k; ++i) insert(i);
    for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
      const float least = best[k - 1];
      Ints above{};
      for (int part = 0; part < 4; ++part) above |= load(x + i + part * kLanes) > least;
      int32_t any = 0;
      for (int lane = 0; lane < kLanes; ++lane) any |= above[lane];
      if (any)
        for (int64_t each = i; each < i + 4 * kLanes; ++each) insert(each);
    }
    for (; i < n; ++i) insert(i);
  }
}

}  // namespace
}  // namespace tidefall
