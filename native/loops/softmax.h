// Softmax over rows. A row stays in the first cache from its maximum to its last division.

#pragma once

#include "exponential.h"

namespace tidefall {
namespace {

void softmax_rows(int64_t rows, int64_t columns, const float* x, float* y) {
  const int64_t whole = columns / kLanes * kLanes, rest = columns - whole;
  for (; rows > 0; --rows, x += columns, y += columns) {
    Floats tail = load_some(x + whole, rest, -__builtin_inff()), most = tail;
    for (int64_t i = 0; i < whole; i += kLanes) {
      Floats v = load(x + i);
      most = v > most ? v : most;
    }
    float largest = most[0];
    for (int i = 1; i < kLanes; ++i) largest = largest < most[i] ? most[i] : largest;
    Floats total{};
    for (int64_t i = 0; i < whole; i += kLanes) {
      Floats e = exponential(load(x + i) - largest);
      total += e;
      store(y + i, e);
    }
    if (rest) {
      tail = exponential(tail - largest);
      store_some(y + whole, tail, rest);
      for (int64_t i = 0; i < rest; ++i) total[i] += tail[i];
    }
    const float factor = 1.f / sum_of(total);
    for (int64_t i = 0; i < whole; i += kLanes) store(y + i, load(y + i) * factor);
    for (int64_t i = whole; i < columns; ++i) y[i] *= factor;
  }
}

}  // namespace
}  // namespace tidefall
