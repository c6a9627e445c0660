// x * sigmoid(x), in place.

#pragma once

#include "exponential.h"

namespace tidefall {
namespace {

// By e^-|x|, which is at most 1; -infinity becomes NaN, as in x * sigmoid(x).
TIDEFALL_INLINE Floats swish_of(Floats x) {
  const Floats e = exponential(x < 0.f ? x : -x);
  return x * (x < 0.f ? e : all(1.f)) / (e + 1.f);
}

void swish(int64_t n, float* x) {
  const int64_t whole = n / kLanes * kLanes, rest = n - whole;
  for (int64_t i = 0; i < whole; i += kLanes) store(x + i, swish_of(load(x + i)));
  float* tail = x + whole;
  if (rest) store_some(tail, swish_of(load_some(tail, rest, 0.f)), rest);
}

}  // namespace
}  // namespace tidefall
