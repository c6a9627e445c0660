// Which copies of TIDEFALL_SIMD functions run here.

#include "vectors.h"

#include "kernel.h"

namespace tidefall {

// a * b + c, rounded once where the copy that runs has FMA, as all have but the default.
TIDEFALL_SIMD float multiply_add(float a, float b, float c) { return a * b + c; }

static bool is_default() {
  const float a = 1.0f + 0x1p-12f;  // its square is 1 + 2^-11 + 2^-24, which rounds to 1 + 2^-11
  return multiply_add(a, a, -1.0f - 0x1p-11f) == 0.0f;
}

}  // namespace tidefall

extern "C" TIDEFALL_VISIBLE const char* tidefall_vectors() {
  if (tidefall::is_default()) return "SSE2";
  return __builtin_cpu_supports("avx512f") ? "AVX-512" : "AVX2";
}
