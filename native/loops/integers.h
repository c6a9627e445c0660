// Vectors of int32, sums of four products of bytes, and how sums become int8.

#pragma once

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "loops.h"
#include "vectors.h"

namespace tidefall {
namespace {

typedef int16_t Shorts __attribute__((vector_size(kLanes * 4)));
typedef int8_t Narrow __attribute__((vector_size(kLanes)));
typedef int64_t Wide __attribute__((vector_size(kLanes * 8)));

// A few bytes, without the C library: the loops are also compiled for machines that lack it.
TIDEFALL_INLINE void copy_few(int8_t* to, const int8_t* from, int64_t n) {
  for (int64_t i = 0; i < n; ++i) to[i] = from[i];
}

TIDEFALL_INLINE Ints load_ints(const int32_t* from) {
  Ints v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}

TIDEFALL_INLINE Ints load_bytes(const int8_t* from) {
  Ints v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}

// Each of kLanes int8, as int32.
TIDEFALL_INLINE Ints widened(const int8_t* from) {
#if defined(__AVX512F__)
  return (Ints)_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
#elif defined(__AVX2__)
  return (Ints)_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from)));
#else
  Narrow v;
  __builtin_memcpy(&v, from, sizeof(v));
  return __builtin_convertvector(v, Ints);
#endif
}

TIDEFALL_INLINE Ints all_ints(int32_t x) { return x - Ints{}; }

// Vectors of int32 to int8, those beyond `low` and `high` at these; of the last `count` bytes at most.
TIDEFALL_INLINE void store_clipped(int8_t* to, Ints v, int8_t low, int8_t high, int64_t count) {
#if defined(__AVX512F__)
  __m128i bytes = _mm512_cvtsepi32_epi8((__m512i)v);
  bytes = _mm_min_epi8(_mm_max_epi8(bytes, _mm_set1_epi8(low)), _mm_set1_epi8(high));
  if (count >= kLanes)
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
  else
    _mm_mask_storeu_epi8(to, static_cast<__mmask16>((1u << count) - 1), bytes);
#else
  const Ints least = all_ints(low), most = all_ints(high);
  v = v < least ? least : v;
  const Narrow bytes = __builtin_convertvector(v > most ? most : v, Narrow);
  if (count >= kLanes)
    __builtin_memcpy(to, &bytes, sizeof(bytes));
  else
    for (int64_t i = 0; i < count; ++i) to[i] = bytes[i];
#endif
}

// The same of whole vectors side by side.
template <int kCount>
TIDEFALL_INLINE void store_clipped(int8_t* to, const Ints (&v)[kCount], int8_t low, int8_t high) {
#if defined(__AVX512F__)
  if constexpr (kCount > 1) {
    // Packing goes by quarters of vectors; these are put in order at the end.
    const __m512i first = _mm512_packs_epi32((__m512i)v[0], (__m512i)v[1]);
    const __m512i second =
        kCount == 2 ? first : _mm512_packs_epi32((__m512i)v[kCount == 2 ? 0 : 2], (__m512i)v[kCount - 1]);
    __m512i bytes = _mm512_packs_epi16(first, second);
    bytes = _mm512_min_epi8(_mm512_max_epi8(bytes, _mm512_set1_epi8(low)), _mm512_set1_epi8(high));
    const __m512i order = _mm512_set_epi32(15, 11, 7, 3, 14, 10, 6, 2, 13, 9, 5, 1, 12, 8, 4, 0);
    _mm512_mask_storeu_epi32(to, static_cast<__mmask16>((1u << (4 * kCount)) - 1),
                             _mm512_permutexvar_epi32(order, bytes));
    return;
  }
#endif
  for (int i = 0; i < kCount; ++i) store_clipped(to + i * kLanes, v[i], low, high, kLanes);
}

// Bytes lie four to a lane. With VNNI, four products are added up by one instruction; elsewhere, bytes at
// even and at odd places become int16, and their products are added up by pairs. Each way is exact.
#if defined(__AVX512VNNI__)

struct Operand {
  Ints bytes;
};

TIDEFALL_INLINE Operand of_unsigned(Ints bytes) { return {bytes}; }
TIDEFALL_INLINE Operand of_signed(Ints bytes) { return {bytes}; }

TIDEFALL_INLINE Ints add_products_of(Ints sum, const Operand& x, const Operand& w) {
  return (Ints)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)x.bytes, (__m512i)w.bytes);
}

#else

struct Operand {
  Ints even, odd;
};

TIDEFALL_INLINE Operand of_unsigned(Ints bytes) {
  return {bytes & 0x00ff00ff, (bytes >> 8) & 0x00ff00ff};
}
TIDEFALL_INLINE Operand of_signed(Ints bytes) {
  const Shorts pairs = (Shorts)bytes;
  return {(Ints)(pairs << 8 >> 8), (Ints)(pairs >> 8)};
}

TIDEFALL_INLINE Ints products_of_pairs(Ints a, Ints b) {
#if defined(__AVX512F__)
  return (Ints)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (Ints)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
  return (Ints)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  return (a << 16 >> 16) * (b << 16 >> 16) + (a >> 16) * (b >> 16);
#endif
}

TIDEFALL_INLINE Ints add_products_of(Ints sum, const Operand& x, const Operand& w) {
  return sum + products_of_pairs(x.even, w.even) + products_of_pairs(x.odd, w.odd);
}

#endif

// Multipliers of lanes, and on AVX those of odd lanes at the places of even ones.
struct Multipliers {
  Ints all;
#if defined(__AVX2__)
  Ints odd;
#endif
};

// One element more is read.
TIDEFALL_INLINE Multipliers load_multipliers(const int32_t* from) {
#if defined(__AVX2__)
  return {load_ints(from), load_ints(from + 1)};
#else
  return {load_ints(from)};
#endif
}

// The high half of twice a product, rounded up from the middle, of numbers below 2^30.
TIDEFALL_INLINE Ints multiplied(Ints v, const Multipliers& by) {
  v += v;
#if defined(__AVX512F__)
  const __m512i half = _mm512_set1_epi64(int64_t{1} << 31);
  const __m512i even = _mm512_mul_epi32((__m512i)v, (__m512i)by.all);
  const __m512i odd = _mm512_mul_epi32(_mm512_srli_epi64((__m512i)v, 32), (__m512i)by.odd);
  return (Ints)_mm512_mask_shuffle_epi32(_mm512_add_epi64(odd, half), 0x5555,
                                         _mm512_add_epi64(even, half), _MM_PERM_DDBB);
#elif defined(__AVX2__)
  const __m256i half = _mm256_set1_epi64x(int64_t{1} << 31);
  const __m256i even = _mm256_mul_epi32((__m256i)v, (__m256i)by.all);
  const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64((__m256i)v, 32), (__m256i)by.odd);
  return (Ints)_mm256_blend_epi32(_mm256_srli_epi64(_mm256_add_epi64(even, half), 32),
                                  _mm256_add_epi64(odd, half), 0xaa);
#else
  const Wide product = __builtin_convertvector(v, Wide) * __builtin_convertvector(by.all, Wide);
  return __builtin_convertvector((product + (int64_t{1} << 31)) >> 32, Ints);
#endif
}

// What a plain requantization does to some channels before it clips. Halves go away from zero.
struct PlainScaling {
  Multipliers multipliers;
  Ints offsets, rights;

  TIDEFALL_INLINE PlainScaling(const Requantization& r, int64_t c)
      : multipliers(load_multipliers(r.multipliers + c)),
        offsets(load_ints(r.offsets + c)),
        rights(load_ints(r.rights + c)) {}

  TIDEFALL_INLINE Ints operator()(Ints sum) const {
    const Ints first = multiplied(sum, multipliers);
    return (first + offsets + (first >> 31)) >> rights;
  }
};

// The same of one sum, by the definition.
inline int8_t requantized_exactly(int32_t sum, const Requantization& r, int64_t c) {
  if (r.reals) {
    const double y = __builtin_round(sum * r.reals[c]) + r.zero;
    return static_cast<int8_t>(y < r.low ? r.low : y > r.high ? r.high : y);
  }
  const int32_t shift = r.shifts[c], left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
  const int64_t moved = static_cast<int32_t>(static_cast<uint32_t>(sum) << left);
  const int64_t high = (moved * r.multipliers[c] + (int64_t{1} << 30)) >> 31;
  const int64_t half = right ? int64_t{1} << (right - 1) : 0;
  int64_t y = ((high + half - (right && high < 0)) >> right) + r.zero;
  y = y < r.low ? r.low : y > r.high ? r.high : y;
  return static_cast<int8_t>(y);
}

// A vector of outputs, of `count` channels at most. Not inlined: it is for what is rare.
__attribute__((noinline)) void store_requantized(int8_t* y, Ints sum, const Requantization& r, int64_t c,
                                       int64_t count) {
  if (r.is_plain) return store_clipped(y, PlainScaling(r, c)(sum), r.low, r.high, count);
  for (int64_t i = 0; i < kLanes && i < count; ++i) y[i] = requantized_exactly(sum[i], r, c + i);
}

// Bytes of int8 become those of the same plus 128.
constexpr int32_t kFlip = static_cast<int32_t>(0x80808080u);

}  // namespace
}  // namespace tidefall
