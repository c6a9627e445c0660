#include "row_ops.h"

#include <stdexcept>

namespace tidefall {

TIDEFALL_SIMD void row_op(RowOp op, int64_t n, float* __restrict y, const float* a, const float* b,
                          const float* c) {
#define EACH(kind, value)                         \
  case RowOp::kind:                               \
    for (int64_t i = 0; i < n; ++i) y[i] = value; \
    return;
#define TEST(kind, condition) EACH(kind, (condition) ? 1.f : 0.f)
  switch (op) {
    EACH(copy, a[i])
    EACH(spread, a[0])
    EACH(neg, -a[i])
    EACH(abs, std::fabs(a[i]))
    EACH(square, a[i] * a[i])
    EACH(exp, exp_of(a[i]))
    EACH(logistic, logistic_of(a[i]))
    EACH(tanh, tanh_of(a[i]))
    EACH(sqrt, std::sqrt(a[i]))
    EACH(rsqrt, 1.f / std::sqrt(a[i]))
    EACH(add, a[i] + b[i])
    EACH(sub, a[i] - b[i])
    EACH(mul, a[i] * b[i])
    EACH(div, a[i] / b[i])
    EACH(max, a[i] > b[i] || a[i] != a[i] ? a[i] : b[i])
    EACH(min, a[i] < b[i] || a[i] != a[i] ? a[i] : b[i])
    TEST(less, a[i] < b[i])
    TEST(less_equal, a[i] <= b[i])
    TEST(greater, a[i] > b[i])
    TEST(greater_equal, a[i] >= b[i])
    TEST(equal, a[i] == b[i])
    TEST(not_equal, a[i] != b[i])
    TEST(both, a[i] != 0 && b[i] != 0)
    TEST(either, a[i] != 0 || b[i] != 0)
    TEST(differ, (a[i] != 0) != (b[i] != 0))
    EACH(select, a[i] != 0 ? c[i] : b[i])
    EACH(column_sums, y[i] + a[i])
    default:
      throw std::invalid_argument("unknown operation on rows");
  }
#undef TEST
#undef EACH
}

}  // namespace tidefall
