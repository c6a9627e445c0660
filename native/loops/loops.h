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

// Rows of x, `x_step` apart, times a packed panel, within limits: `start` is what sums start at, null for
// zero. Of the panel's columns `width` are computed.
struct Strip {
  int64_t rows, depth;
  const float* x;
  int64_t x_step;
  const float* panel;
  const float* start;
  int64_t start_step;
  float* y;
  int64_t y_step;
  int64_t width = kPanel;
  float low = -__builtin_inff(), high = __builtin_inff();
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

// How sums of integer products become int8, as TensorFlow Lite's reference kernels round them. Arrays have
// an element for each channel, and `kSpareChannels` more.
struct Requantization {
  // What sums start at; what they are multiplied by, 2^31 and more above; and powers of two.
  const int32_t *bias, *multipliers, *shifts;
  // Where `is_plain`, which says that all shifts go to the right, by 1 to 22 places, and that sums stay below
  // 2^30: the shifts, and what is added before, halves of an output and its zero point.
  const int32_t *rights, *offsets;
  // What sums are multiplied by instead, by which they are rounded once; or nullptr.
  const double* reals;
  int32_t zero, low, high;
  bool is_plain;
};

// Channels that arrays may be read beyond their end, and the most integers of a vector.
constexpr int64_t kSpareChannels = 32, kMostIntegers = 16;

// Rows of int8 times packed panels. `depth` is a multiple of 4, and rows may be read that far.
// Of the panels' blocks, those from `begin` to `end` are done.
struct IntegerProduct {
  int64_t rows, depth, x_step, filters, y_step, begin, end;
  const int8_t* x;
  const int8_t* panels;
  Requantization how;
  int8_t* y;
};

// One row of outputs of a convolution of each channel by itself. `lines` are the rows of the image under
// the window, nullptr for those outside, where `fill` is. `room` holds what depthwise_room() says.
struct IntegerDepthwise {
  int64_t outs, channels, columns, before, step, dilation, window_rows, window_columns;
  const int8_t* const* lines;
  int8_t fill;
  const int8_t* panels;
  Requantization how;
  int8_t* room;
  int8_t* y;
};

// A multiplier, and the shift to the right behind it.
struct Factor {
  int32_t multiplier, right;
};

// y = ((a - zero_a) 2^20 factor_a + sign (b - zero_b) 2^20 factor_b) factor + zero, within limits.
struct IntegerSum {
  int64_t count;
  const int8_t *a, *b;
  int8_t* y;
  int32_t zero_a, zero_b, sign, zero, low, high;
  Factor factor_a, factor_b, factor;
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
  // Bytes of the panels that weights `[depth, filters]` are packed into, and how many blocks they make.
  int64_t (*integer_panels)(int64_t depth, int64_t filters, int64_t* blocks);
  void (*pack_integers)(int64_t depth, int64_t filters, const int8_t* weights, int8_t* panels);
  void (*integer_product)(const IntegerProduct& product);
  // The same of weights `[rows, columns, channels]`.
  int64_t (*depthwise_panels)(int64_t rows, int64_t columns, int64_t channels);
  void (*pack_depthwise)(int64_t rows, int64_t columns, int64_t channels, const int8_t* weights,
                         int8_t* panels);
  // Bytes that it needs for a while.
  int64_t (*depthwise_room)(const IntegerDepthwise& row);
  void (*integer_depthwise)(const IntegerDepthwise& row);
  void (*integer_sum)(const IntegerSum& sum);
  // Of the pixels of a window, within limits.
  void (*greatest)(const float* x, int64_t rows, int64_t row_step, int64_t columns, int64_t channels,
                   float low, float high, float* y);
  void (*greatest_bytes)(const int8_t* x, int64_t rows, int64_t row_step, int64_t columns, int64_t channels,
                         int8_t low, int8_t high, int8_t* y);
};

// The table that kernels use: that of what the processor has, and no more than `limit_loops` said.
const Loops& loops();

// 0 for what every processor has, 1 for AVX2, 2 for AVX-512, 3 for that with VNNI.
void limit_loops(int most);

}  // namespace tidefall
