// One level's table of loops. CMake compiles this file once for each level, with TIDEFALL_LEVEL.

#include "loops.h"

#include "cholesky.h"
#include "elementwise.h"
#include "filter_gradient.h"
#include "integer_depthwise.h"
#include "integer_product.h"
#include "integer_sum.h"
#include "philox.h"
#include "pool.h"
#include "reduce.h"
#include "resample.h"
#include "row_ops.h"
#include "small_product.h"
#include "softmax.h"
#include "strip.h"
#include "sums.h"
#include "swish.h"

#define TIDEFALL_JOIN(a, b) a##b
#define TIDEFALL_TABLE(level) TIDEFALL_JOIN(loops_, level)

namespace tidefall {

extern const Loops TIDEFALL_TABLE(TIDEFALL_LEVEL);

const Loops TIDEFALL_TABLE(TIDEFALL_LEVEL) = {
    kName,    row_op,       strip,       multiply_small,
    apply,    softmax_rows, log_softmax_rows, reduce_rows,
    reduce_columns, sum_of_row, find_in_rows, top_of_rows,
    is_finite, cholesky, swish,
    add_rows, add_products, add_squares, add_filter_row,
    mix_rows<float>, mix_rows<uint8_t>, mix_columns<float>, mix_columns<uint8_t>,
    philox,
    integer_panels, pack_integers, integer_product,
    depthwise_panels, pack_depthwise, depthwise_room, integer_depthwise,
    integer_sum,
    greatest<float>, greatest<int8_t>,
};

}  // namespace tidefall
