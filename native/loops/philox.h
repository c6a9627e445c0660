// Blocks of Philox4x32-10 (Salmon et al., 2011, https://doi.org/10.1145/2063384.2063405).

#pragma once

#include "vectors.h"

namespace tidefall {
namespace {

// Blocks `counter + index[i]`, four words each. Several are made side by side, one a lane.
void philox(uint64_t key, uint64_t low, uint64_t high, const uint64_t* index, int64_t n,
            uint32_t* words) {
  constexpr int kSide = 64;
  for (int64_t begin = 0; begin < n; begin += kSide) {
    const int count = n - begin < kSide ? static_cast<int>(n - begin) : kSide;
    uint32_t a[kSide], b[kSide], c[kSide], d[kSide];
    for (int i = 0; i < kSide; ++i) {
      const uint64_t first = low + (i < count ? index[begin + i] : 0), second = high + (first < low);
      a[i] = static_cast<uint32_t>(first);
      b[i] = static_cast<uint32_t>(first >> 32);
      c[i] = static_cast<uint32_t>(second);
      d[i] = static_cast<uint32_t>(second >> 32);
    }
    uint32_t k = static_cast<uint32_t>(key), l = static_cast<uint32_t>(key >> 32);
    for (int round = 0; round < 10; ++round, k += 0x9E3779B9u, l += 0xBB67AE85u)
      for (int i = 0; i < kSide; ++i) {
        const uint64_t p = uint64_t{a[i]} * 0xD2511F53u, q = uint64_t{c[i]} * 0xCD9E8D57u;
        a[i] = static_cast<uint32_t>(q >> 32) ^ b[i] ^ k;
        b[i] = static_cast<uint32_t>(q);
        c[i] = static_cast<uint32_t>(p >> 32) ^ d[i] ^ l;
        d[i] = static_cast<uint32_t>(p);
      }
    uint32_t* to = words + 4 * begin;
    for (int i = 0; i < count; ++i, to += 4) to[0] = a[i], to[1] = b[i], to[2] = c[i], to[3] = d[i];
  }
}

}  // namespace
}  // namespace tidefall
