// Softmax over rows.
//
// Arrays are `[rows, columns]`. A row stays in the first cache from its maximum to its last division,
// where XLA reads and writes all rows four times.

#include <algorithm>
#include <limits>

#include "exponential.h"
#include "kernel.h"

namespace tidefall {
namespace {

template <class P>
TIDEFALL_INLINE float sum_of(typename P::Floats v) {
  float total = 0;
  for (int i = 0; i < P::kLanes; ++i) total += v[i];
  return total;
}

struct Rows {
  int64_t rows, columns;
  const float* x;
  float* y;
};

template <class P>
TIDEFALL_INLINE void softmax_rows(const Rows& given) {
  using Floats = typename P::Floats;
  constexpr float kNone = -std::numeric_limits<float>::infinity();
  const int64_t whole = given.columns / P::kLanes * P::kLanes, rest = given.columns - whole;
  for (int64_t row = 0; row < given.rows; ++row) {
    const float* x = given.x + row * given.columns;
    float* y = given.y + row * given.columns;
    Floats tail = load_some<P>(x + whole, rest, kNone), most = tail;
    for (int64_t i = 0; i < whole; i += P::kLanes) {
      Floats v = P::load(x + i);
      most = v > most ? v : most;
    }
    float largest = most[0];
    for (int i = 1; i < P::kLanes; ++i) largest = std::max(largest, most[i]);
    Floats total{};
    for (int64_t i = 0; i < whole; i += P::kLanes) {
      Floats e = exponential<P>(P::load(x + i) - largest);
      total += e;
      P::store(y + i, e);
    }
    if (rest) {
      tail = exponential<P>(tail - largest);
      store_some<P>(y + whole, tail, rest);
      for (int64_t i = 0; i < rest; ++i) total[i] += tail[i];
    }
    const float factor = 1.f / sum_of<P>(total);
    for (int64_t i = 0; i < whole; i += P::kLanes) P::store(y + i, P::load(y + i) * factor);
    for (int64_t i = whole; i < given.columns; ++i) y[i] *= factor;
  }
}

TIDEFALL_FOR_PROCESSORS(softmax_for, softmax_rows, Rows)

}  // namespace

static void softmax(const Call& call) {
  call.expect(1, 1);
  const Array &x = call.inputs[0], &y = call.outputs[0];
  const int64_t columns = x.dims[x.rank - 1], rows = x.size() / columns;
  constexpr int64_t kFewest = 8192;
  // Elements that are worth a thread.
  int64_t parts = std::min(4 * call.threads.count(), std::max<int64_t>(1, x.size() / kFewest));
  parts = std::min(parts, rows);
  call.threads.run(parts, [&](int64_t i) {
    const int64_t begin = rows * i / parts, end = rows * (i + 1) / parts, at = begin * columns;
    softmax_for({end - begin, columns, x.floats() + at, y.floats() + at});
  });
}

TIDEFALL_KERNEL(softmax)

}  // namespace tidefall
