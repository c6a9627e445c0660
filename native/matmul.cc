// The product of two matrices of floats.
//
// Settings: 1 if the first matrix is transposed, 1 if the second is. Arrays are a `[rows, inner]`,
// b `[inner, columns]` and the result `[rows, columns]`.
//
// Work is cut along the larger side of the result, never along the inner dimension, so that results
// do not depend on how many threads there are.

#include <algorithm>

#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kGrain = 32;
// Parts have a multiple of this many rows or columns.

}  // namespace

static void matmul(const Call& call) {
  call.expect(2, 1);
  Settings settings(call);
  const bool turn_a = settings.next() != 0, turn_b = settings.next() != 0;
  const Array &a = call.inputs[0], &b = call.inputs[1], &c = call.outputs[0];
  const int64_t rows = c.dims[0], columns = c.dims[1], inner = a.dims[turn_a ? 0 : 1];
  const bool by_rows = rows >= columns;
  const int64_t size = by_rows ? rows : columns;
  const int64_t parts =
      std::max<int64_t>(1, std::min(2 * call.threads.count(), size / kGrain));
  const int64_t a_step = turn_a ? 1 : inner, b_step = turn_b ? inner : 1;
  call.threads.run(parts, [&](int64_t i) {
    Alone alone;
    const int64_t begin = size * i / parts / kGrain * kGrain;
    const int64_t end = i + 1 == parts ? size : size * (i + 1) / parts / kGrain * kGrain;
    const int64_t length = end - begin;
    const auto status = dnnl_sgemm(
        turn_a ? 'T' : 'N', turn_b ? 'T' : 'N', by_rows ? length : rows,
        by_rows ? columns : length, inner, 1.f, a.floats() + (by_rows ? begin * a_step : 0),
        a.dims[1], b.floats() + (by_rows ? 0 : begin * b_step), b.dims[1], 0.f,
        c.floats() + begin * (by_rows ? columns : 1), columns);
    if (status != dnnl_success) throw std::runtime_error("oneDNN cannot multiply these matrices");
  });
}

TIDEFALL_KERNEL(matmul)

}  // namespace tidefall
