// Which level's loops run.

#include <atomic>

#include "../kernel.h"
#include "loops.h"

namespace tidefall {

extern const Loops loops_base;
static std::atomic<int> most{3};

#ifdef __x86_64__

extern const Loops loops_avx2, loops_avx512, loops_vnni;

// By features, not by the names of processors, which are compared with their makers' numbers.
static int of_processor() {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  if (!wide) return 1;
  return __builtin_cpu_supports("avx512vnni") ? 3 : 2;
}

const Loops& loops() {
  static const int here = of_processor();
  const int allowed = most.load(std::memory_order_relaxed);
  switch (allowed < here ? allowed : here) {
    case 3:
      return loops_vnni;
    case 2:
      return loops_avx512;
    case 1:
      return loops_avx2;
    default:
      return loops_base;
  }
}

#else

const Loops& loops() { return loops_base; }

#endif

void limit_loops(int level) { most = level; }

}  // namespace tidefall

extern "C" TIDEFALL_VISIBLE void tidefall_limit_loops(int most) { tidefall::limit_loops(most); }

extern "C" TIDEFALL_VISIBLE const char* tidefall_vectors() { return tidefall::loops().name; }
