// Products of a few rows with a matrix that is used many times.

#pragma once

#include <cstdint>

namespace tidefall {

// The floats that a packed matrix `[depth, columns]` takes.
int64_t packed_size(int64_t depth, int64_t columns);

// Lays a matrix out as `multiply` reads it. Element [k, j] is at k * row_step + j * column_step.
void pack(int64_t depth, int64_t columns, const float* from, int64_t row_step, int64_t column_step,
          float* to);

// y[rows, columns] = x[rows, depth] times a packed matrix; rows of x and y are so far apart.
void multiply(int64_t rows, int64_t depth, int64_t columns, const float* x, int64_t x_step,
              const float* packed, float* y, int64_t y_step);

}  // namespace tidefall
