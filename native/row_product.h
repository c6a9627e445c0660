// Products of a few rows with a matrix that is used many times, and so packed first: into panels of
// some columns, one after the other, which can be packed in any order.

#pragma once

#include <cstdint>

namespace tidefall {

// Rows that are `step` floats apart, or none.
struct Matrix {
  const float* at;
  int64_t step;
};

int64_t panels(int64_t columns);

// The floats that a packed matrix `[depth, columns]` takes.
int64_t packed_size(int64_t depth, int64_t columns);

// Lays a panel of a matrix out as `multiply` reads it. Element [k, j] is at k * row_step + j * column_step.
void pack(int64_t panel, int64_t depth, int64_t columns, const float* from, int64_t row_step,
          int64_t column_step, float* packed);

// y[rows, columns] = x[rows, depth] times a packed matrix, plus `start` if there is one, which may be y.
void multiply(int64_t rows, int64_t depth, int64_t columns, Matrix x, const float* packed,
              Matrix start, float* y, int64_t y_step);

}  // namespace tidefall
