// The kernels' own loops, compiled once for each level of processors.
//
// loops.cc and all it includes is compiled several times, with other instructions each time; each makes
// one table of functions, and loops() is the table for the processor that this runs on. So what is in
// loops.cc is private to it (a function that other files share might be the copy of the wrong level):
// everything is in an anonymous namespace, and takes plain numbers and pointers.

#pragma once

#include <stdint.h>

namespace tidefall {

// In the order of tidefall/native/fused_rnn.py.
enum class RowOp : int64_t {
  product, column_sums, fill, copy, spread,
  neg, abs, square, exp, logistic, tanh, sqrt, rsqrt,
  add, sub, mul, div, max, min,
  less, less_equal, greater, greater_equal, equal, not_equal, both, either, differ,
  select,
};

// Functions of elements, for eager code (functions.cc).
enum class Function : int64_t {
  sigmoid, relu, elu, rsqrt, clip, squared_difference,
  exp, log, tanh, sqrt, sign, erf, erfc, softplus, silu, gelu,
  sigmoid_grad, tanh_grad, relu_grad, elu_grad, sqrt_grad, rsqrt_grad,
};

// The most elements that `top_of_rows` finds.
constexpr int64_t kMostTop = 128;

enum class Reduction : int64_t { sum, mean, max, min };

// Columns of a panel, in which a matrix lies packed for `strip`; and the most columns and rows of a
// tile of `multiply_small`.
constexpr int64_t kPanel = 32, kWidestTile = 32, kMostTileRows = 8;

// Rows of x, `x_step` apart, times a packed panel: `start` is what sums start at, null for zero.
struct Strip {
  int64_t rows, depth;
  const float* x;
  int64_t x_step;
  const float* panel;
  const float* start;
  int64_t start_step;
  float* y;
  int64_t y_step;
};

// c = a b. Either a's rows or its inner dimension lie side by side, and c's columns do. `panel` has room
// for `inner` times kWidestTile floats, and for kMostTileRows times as many.
struct SmallProduct {
  int64_t rows, columns, inner, a_row, a_inner, b_inner, b_column, c_row;
  const float *a, *b;
  float *c, *panel;
};

// What makes up each output position of an axis of `size` input positions: some `taps`, as positions
// and weights. Two that blend, a and b, make a + (b - a) * (weight of b). Data begin with `origin`.
struct Sources {
  const int32_t* index;
  const float* weight;
  int64_t outputs, taps, size, origin;
  bool blends;
};

// How sums of integer products become int8: y = (sum + bias) * multiplier * 2^(shift - 31) + zero, within
// limits. All arrays have an element for each channel, repeated to make up `period`, so that few
// channels make long loops; `scales` take sums to where they are rounded first, with
// doubt where the fraction is beyond `bounds`; one there is `units` of the output.
struct Requantization {
  const int32_t *bias, *multipliers, *shifts;
  const float *scales, *bounds, *units;
  int32_t zero, low, high;
  int64_t period;
  const double* reals;  // what sums are multiplied by instead, or nullptr
};

// Loops over `n` or rows by columns elements; what an operation does not have is not read.
struct Loops {
  const char* name;
  // y = op(a, b, c), element by element.
  void (*row_op)(RowOp op, int64_t n, float* y, const float* a, const float* b, const float* c);
  void (*strip)(const Strip& strip);
  void (*multiply_small)(const SmallProduct& product);
  // y = function(a, b, c), element by element.
  void (*apply)(Function function, int64_t n, float* y, const float* a, const float* b, const float* c);
  void (*softmax)(int64_t rows, int64_t columns, const float* x, float* y);
  void (*log_softmax)(int64_t rows, int64_t columns, const float* x, float* y);
  // Rows of `n` elements, or one with an element of each column, become a number each.
  void (*reduce_rows)(Reduction kind, int64_t rows, int64_t n, const float* x, float* y);
  void (*reduce_columns)(Reduction kind, int64_t rows, int64_t columns, const float* x, float* y);
  double (*sum_of_row)(const float* x, int64_t n);
  // Where the largest (1) or smallest (-1) element of each row is.
  void (*find_in_rows)(float sign, int64_t rows, int64_t n, const float* x, int64_t* at);
  // Where the `k` largest elements of each row are, the largest and the first of equals first. None of
  // the elements is NaN, and there are at least k.
  void (*top_of_rows)(int64_t rows, int64_t n, int64_t k, const float* x, int32_t* at);
  void (*is_finite)(int64_t n, const float* x, uint8_t* y);
  // u^T u = a in place, in their upper triangles; false if there is no such u.
  bool (*cholesky)(int64_t n, float* u);
  // x * sigmoid(x), in place.
  void (*swish)(int64_t n, float* x);
  // Rows are added to the sums: as they are, times those of y, or squared without a row of centres.
  void (*add_rows)(const float* x, int64_t rows, int64_t width, float* sums);
  void (*add_products)(const float* x, const float* y, int64_t rows, int64_t width, float* sums);
  void (*add_squares)(const float* x, const float* centres, int64_t rows, int64_t width, float* sums);
  // Products of `count` rows of x and dy, which lie apart by steps, are added to one row.
  void (*add_filter_row)(const float* x, int64_t x_step, const float* dy, int64_t dy_step,
                         int64_t count, int64_t channels, float* to);
  // One output of an axis of rows, with `n` elements each; all outputs of an axis of columns.
  void (*mix_rows)(const Sources& rows, int64_t output, const float* x, int64_t n, float* to);
  void (*mix_byte_rows)(const Sources& rows, int64_t output, const uint8_t* x, int64_t n, float* to);
  void (*mix_columns)(const Sources& columns, const float* x, int64_t channels, float* to);
  void (*mix_byte_columns)(const Sources& columns, const uint8_t* x, int64_t channels, float* to);
  // Blocks of four random words, at counters of 128 bits plus each index.
  void (*philox)(uint64_t key, uint64_t low, uint64_t high, const uint64_t* index, int64_t n,
                 uint32_t* words);
  // Whole rows of `size` elements in all.
  void (*requantize)(int64_t size, const int32_t* x, const Requantization& how, int8_t* y);
};

// The table that kernels use: that of what the processor has, and no more than `limit_loops` said.
const Loops& loops();

// 0 for what every processor has, 1 for AVX2, 2 for AVX-512.
void limit_loops(int most);

}  // namespace tidefall
