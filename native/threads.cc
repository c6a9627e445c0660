#include "threads.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

namespace tidefall {
namespace {

std::atomic<int64_t> limit{0};

int64_t processors() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

// Looks at something again and again for a short time; false if it has not come true.
//
// Waking a thread takes longer than many a kernel, and models are one kernel after another.
template <typename Condition>
bool comes_soon(const Condition& is_true) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds(50);
  do {
    for (int i = 0; i < 64; ++i) {
      if (is_true()) return true;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// Threads that live as long as the process, and wait for work.
class Pool {
 public:
  explicit Pool(int64_t count) : process_(getpid()) {
    for (int64_t i = 0; i < count; ++i) std::thread([this] { loop(); }).detach();
  }

  // False in a forked child, which has none of the threads.
  bool alive() const { return process_ == getpid(); }

  void schedule(std::function<void()> task) {
    {
      std::lock_guard hold(lock_);
      tasks_.push_back(std::move(task));
      ++count_;
    }
    ready_.notify_one();
  }

 private:
  void loop() {
    for (;;) {
      comes_soon([this] { return count_ > 0; });
      std::unique_lock hold(lock_);
      ready_.wait(hold, [this] { return !tasks_.empty(); });
      auto task = std::move(tasks_.front());
      tasks_.pop_front();
      --count_;
      hold.unlock();
      task();
    }
  }

  pid_t process_;
  std::mutex lock_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> tasks_;
  std::atomic<int64_t> count_{0};
  // That of the tasks, to look at without the lock.
};

Pool& own_pool() {
  static auto* pool = new Pool(processors() - 1);
  return *pool;
}

// Parts of one piece of work. Those who come when all parts are taken never touch `work`, which is
// gone by then.
struct Parts {
  const std::function<void(int64_t)>* work;
  int64_t count;
  std::atomic<int64_t> next{0};
  std::mutex lock;
  std::condition_variable finished;
  std::atomic<int64_t> done{0};
  std::exception_ptr error;

  void take() {
    for (int64_t part; (part = next.fetch_add(1)) < count;) {
      std::exception_ptr failed;
      try {
        (*work)(part);
      } catch (...) {
        failed = std::current_exception();
      }
      std::lock_guard hold(lock);
      if (failed && !error) error = failed;
      if (++done == count) finished.notify_all();
    }
  }

  void wait() {
    comes_soon([this] { return done == count; });
    std::unique_lock hold(lock);
    finished.wait(hold, [this] { return done == count; });
    if (error) std::rethrow_exception(error);
  }
};

}  // namespace

void limit_threads(int64_t count) { limit = count; }

int64_t Threads::count() const {
  if (pool_) return std::max<int64_t>(1, pool_->num_threads());
  return limit > 0 ? std::min<int64_t>(limit, processors()) : processors();
}

void Threads::run(int64_t parts, const std::function<void(int64_t)>& work) const {
  int64_t helpers = std::min(parts, count()) - 1;
  if (helpers > 0 && !pool_ && !own_pool().alive()) helpers = 0;
  if (helpers <= 0) {
    for (int64_t part = 0; part < parts; ++part) work(part);
    return;
  }
  auto shared = std::make_shared<Parts>();
  shared->work = &work;
  shared->count = parts;
  for (int64_t i = 0; i < helpers; ++i) {
    if (pool_)
      pool_->Schedule([shared] { shared->take(); });
    else
      own_pool().schedule([shared] { shared->take(); });
  }
  shared->take();
  shared->wait();
}

}  // namespace tidefall

extern "C" __attribute__((visibility("default"))) void tidefall_limit_threads(int64_t count) {
  tidefall::limit_threads(count);
}

extern "C" __attribute__((visibility("default"))) int64_t tidefall_threads() {
  return tidefall::Threads(nullptr).count();
}
