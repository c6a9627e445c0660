// The exponential function of vectors.

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// e^x for x <= 0, to two units in the last place; 0 where it has no normal number; NaN for NaN.
// 2^n e^r with |r| <= log(2) / 2, e^r by its Taylor series, whose rest is 2^-27.
TIDEFALL_INLINE Floats exponential(Floats x) {
  const Floats magic = all(12582912.f);  // 1.5 * 2^23: what is added to it is rounded
  const Floats lowest = all(-87.3f);
  Floats shifted = x * 1.44269504f + magic;
  Floats n = shifted - magic;
  Floats r = x - n * 0.693359375f + n * 2.12194440e-4f;
  Floats p = all(1.f / 5040);
  p = p * r + 1.f / 720;
  p = p * r + 1.f / 120;
  p = p * r + 1.f / 24;
  p = p * r + 1.f / 6;
  p = p * r + 0.5f;
  p = p * r + 1.f;
  p = p * r + 1.f;
  Ints power = ((Ints)shifted - (Ints)magic + 127) << 23;
  Floats result = p * (Floats)power;
  return x < lowest ? Floats{} : result;
}

}  // namespace
}  // namespace tidefall
