// Loops over floats, compiled for several kinds of processor. Which one runs is found out when the
// library is loaded, as oneDNN does it for its own.

#pragma once

#define TIDEFALL_SIMD __attribute__((target_clones("avx512f", "avx2", "default")))
