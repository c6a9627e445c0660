// Loops that are written once and compiled for several processors.
//
// TIDEFALL_SIMD stands before a function whose loops the compiler turns into vectors by itself; the
// loader takes the copy that suits the processor. What such a function calls is TIDEFALL_INLINE.
//
// A loop that says itself what a vector holds is a template over one of the three structs below, and
// TIDEFALL_INLINE with all that it calls; TIDEFALL_FOR_PROCESSORS makes a function of it that picks
// the instructions when it first runs.

#pragma once

#include <cstdint>
#include <cstring>

#define TIDEFALL_INLINE inline __attribute__((always_inline))

// The copies are for sets of features. The name of a processor, such as arch=haswell, would be compared
// with its maker's numbers, and others with the same features would get the default.
#ifdef TIDEFALL_LEVELS  // set by CMake
#define TIDEFALL_AVX512 "arch=x86-64-v4"
#define TIDEFALL_AVX2 "arch=x86-64-v3"
#else  // GCC before 12 and Clang before 18 copy functions for single features only.
#define TIDEFALL_AVX512 "avx512f"
#define TIDEFALL_AVX2 "fma"
#endif
#define TIDEFALL_SIMD __attribute__((target_clones(TIDEFALL_AVX512, TIDEFALL_AVX2, "default")))

namespace tidefall {

template <int lanes>
struct Lanes {
  static constexpr int64_t kLanes = lanes;
  typedef float Floats __attribute__((vector_size(lanes * 4)));
  typedef int32_t Ints __attribute__((vector_size(lanes * 4)));

  static TIDEFALL_INLINE Floats load(const float* from) {
    Floats v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  }
  static TIDEFALL_INLINE void store(float* to, Floats v) { std::memcpy(to, &v, sizeof(v)); }
  static TIDEFALL_INLINE Floats all(float x) { return x - Floats{}; }
};

// What is compiled for: how wide vectors are, and how many rows of a product fit into registers.
struct Avx512 : Lanes<16> {
  static constexpr int kRows = 8;
};
struct Avx2 : Lanes<8> {
  static constexpr int kRows = 4;
};
struct AnyX86 : Lanes<4> {
  static constexpr int kRows = 4;
};

}  // namespace tidefall

// `name(arguments)` runs `loop<...>(arguments)` for this processor; Arguments is one struct.
#define TIDEFALL_FOR_PROCESSORS(name, loop, Arguments)                                            \
  __attribute__((target("avx512f,fma"))) static void name##_avx512(const Arguments& arguments) {  \
    loop<tidefall::Avx512>(arguments);                                                            \
  }                                                                                               \
  __attribute__((target("avx2,fma"))) static void name##_avx2(const Arguments& arguments) {       \
    loop<tidefall::Avx2>(arguments);                                                              \
  }                                                                                               \
  static void name##_any(const Arguments& arguments) { loop<tidefall::AnyX86>(arguments); }       \
  static void name(const Arguments& arguments) {                                                  \
    static const auto chosen = __builtin_cpu_supports("avx512f")                                  \
                                   ? name##_avx512                                                \
                                   : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") \
                                         ? name##_avx2                                            \
                                         : name##_any;                                            \
    chosen(arguments);                                                                            \
  }
