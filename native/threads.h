// How a kernel uses several processors: it cuts its work into parts, and threads take them in turn.
//
// Inside a compiled program the threads are XLA's own, so that kernels and XLA's loops, which may run
// side by side, share one pool. Elsewhere they are a small pool of this library.

#pragma once

#include <cstdint>
#include <functional>

#include "xla/ffi/api/ffi.h"

namespace tidefall {

class Threads {
 public:
  // Those of XLA; nullptr for this library's own.
  explicit Threads(xla::ffi::ThreadPool* pool) : pool_(pool) {}

  // How many threads may work at once.
  int64_t count() const;

  // Calls work(0) ... work(parts - 1), each once, in any order and by any thread; returns when all
  // are done. The calling thread takes parts itself, so that it never waits for a busy pool.
  void run(int64_t parts, const std::function<void(int64_t)>& work) const;

 private:
  xla::ffi::ThreadPool* pool_;
};

// How many threads the library's own pool may use; 0 for as many as there are processors.
void limit_threads(int64_t count);

}  // namespace tidefall
