// Softmax over rows, and its logarithm. A row stays in the first cache from its maximum to its last
// division.

#pragma once

#include "exponential.h"

namespace tidefall {
namespace {

// The largest element of a row, whose last elements are `tail`. It may pass over a NaN; sums do not.
TIDEFALL_INLINE float largest_of(const float* x, int64_t whole, Floats tail) {
  Floats most = tail;
  for (int64_t i = 0; i < whole; i += kLanes) {
    Floats v = load(x + i);
    most = v > most ? v : most;
  }
  float largest = most[0];
  for (int i = 1; i < kLanes; ++i) largest = largest < most[i] ? most[i] : largest;
  return largest;
}

// The sum of the exponentials of a row less its largest element; they are left in y, if there is one.
// Some are added up at a time, so that long rows lose no digits.
TIDEFALL_INLINE float sum_of_exponentials(const float* x, int64_t columns, float* y, float* most) {
  const int64_t whole = columns / kLanes * kLanes, rest = columns - whole;
  const Floats tail = load_some(x + whole, rest, -__builtin_inff());
  const float largest = *most = largest_of(x, whole, tail);
  constexpr int64_t kSome = 64 * kLanes;
  Floats total{};
  for (int64_t begin = 0; begin < whole; begin += kSome) {
    const int64_t end = begin + kSome < whole ? begin + kSome : whole;
    Floats some{};
    for (int64_t i = begin; i < end; i += kLanes) {
      Floats e = exponential(load(x + i) - largest);
      some += e;
      if (y) store(y + i, e);
    }
    total += some;
  }
  if (rest) {
    Floats e = exponential(tail - largest);
    if (y) store_some(y + whole, e, rest);
    for (int64_t i = 0; i < rest; ++i) total[i] += e[i];
  }
  return sum_of(total);
}

void softmax_rows(int64_t rows, int64_t columns, const float* x, float* y) {
  const int64_t whole = columns / kLanes * kLanes;
  for (; rows > 0; --rows, x += columns, y += columns) {
    float largest;
    const float factor = 1.f / sum_of_exponentials(x, columns, y, &largest);
    for (int64_t i = 0; i < whole; i += kLanes) store(y + i, load(y + i) * factor);
    for (int64_t i = whole; i < columns; ++i) y[i] *= factor;
  }
}

void log_softmax_rows(int64_t rows, int64_t columns, const float* x, float* y) {
  for (; rows > 0; --rows, x += columns, y += columns) {
    float largest;
    const float log_of_sum = logarithm(sum_of_exponentials(x, columns, nullptr, &largest));
    for (int64_t i = 0; i < columns; ++i) y[i] = x[i] - largest - log_of_sum;
  }
}

}  // namespace
}  // namespace tidefall
