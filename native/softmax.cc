// Softmax over rows.
//
// Arrays are `[rows, columns]`. A row stays in the first cache from its maximum to its last division,
// where XLA reads and writes all rows four times.

#include <algorithm>

#include "kernel.h"
#include "loops/loops.h"

namespace tidefall {
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
    loops().softmax(end - begin, columns, x.floats() + at, y.floats() + at);
  });
}

TIDEFALL_KERNEL(softmax)

}  // namespace tidefall
