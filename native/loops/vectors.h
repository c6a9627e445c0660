// What a vector holds on the level that is compiled.

#pragma once

#include <stdint.h>
#if defined(__SSE2__)
#include <immintrin.h>
#endif

#define TIDEFALL_INLINE inline __attribute__((always_inline))

namespace tidefall {
namespace {

// Floats of a vector, and how many vectors the processor keeps in registers.
#if defined(__AVX512F__)
#if defined(__AVX512VNNI__)
constexpr const char* kName = "AVX-512 with VNNI";
#else
constexpr const char* kName = "AVX-512";
#endif
constexpr int kLanes = 16, kRegisters = 32;
#elif defined(__AVX2__)
constexpr const char* kName = "AVX2";
constexpr int kLanes = 8, kRegisters = 16;
#elif defined(__aarch64__)
constexpr const char* kName = "NEON";
constexpr int kLanes = 4, kRegisters = 32;
#else
constexpr const char* kName = "SSE2";
constexpr int kLanes = 4, kRegisters = 16;
#endif

typedef float Floats __attribute__((vector_size(kLanes * 4)));
typedef int32_t Ints __attribute__((vector_size(kLanes * 4)));

TIDEFALL_INLINE Floats load(const float* from) {
  Floats v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}

TIDEFALL_INLINE void store(float* to, Floats v) { __builtin_memcpy(to, &v, sizeof(v)); }

TIDEFALL_INLINE Floats all(float x) { return x - Floats{}; }

// Of two vectors element by element; where one is NaN, the second. Compilers make one instruction of it only
// if told so.
TIDEFALL_INLINE Floats larger(Floats a, Floats b) {
#if defined(__AVX512F__)
  return (Floats)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Floats)_mm256_max_ps((__m256)a, (__m256)b);
#else
  return a > b ? a : b;
#endif
}

TIDEFALL_INLINE Floats smaller(Floats a, Floats b) {
#if defined(__AVX512F__)
  return (Floats)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
  return (Floats)_mm256_min_ps((__m256)a, (__m256)b);
#else
  return a < b ? a : b;
#endif
}

// The last elements of an array, filled up.
TIDEFALL_INLINE Floats load_some(const float* from, int64_t count, float fill) {
  Floats v = all(fill);
  for (int64_t i = 0; i < count; ++i) v[i] = from[i];
  return v;
}

TIDEFALL_INLINE void store_some(float* to, Floats v, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1), (__m512)v);
#else
  for (int64_t i = 0; i < count; ++i) to[i] = v[i];
#endif
}

TIDEFALL_INLINE float sum_of(Floats v) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += v[i];
  return total;
}

}  // namespace
}  // namespace tidefall
