// A loop whose iterations treat every row of its matrices by itself, as those of recurrent networks do.
//
// The body is a short program over matrices of `batch` rows: products with weights that no iteration
// changes, and operations on elements. As rows do not meet, the batch is cut into blocks of rows and
// each thread runs all iterations on its blocks, without waiting for the others; what a block works on
// stays in the caches of one processor.
//
// Settings: batch, rows of a block, iterations, floats of working memory for a block; number of weights, and
// for each its input, rows, columns and whether they lie transposed; then three programs, for before, each
// iteration and after: the number of steps, and for each its operation, columns, a number (the bits of a
// float, or which weight), and four places: the result, and the operands. A product's second operand, if it
// has one, is what it is added to. A place is: where, which array, the first column, columns of the array,
// and which matrix of a stack `[matrices, batch, columns]` as the first one and the step from one iteration
// to the next.

#include <algorithm>
#include <cstring>

#include "loops/loops.h"
#include "onednn.h"
#include "row_product.h"

namespace tidefall {
namespace {

float from_bits(int32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

constexpr int64_t kRows = 4;
// Operations on elements take so many rows at a time.

enum class Where : int64_t { nowhere, working, input, output, shared, block };
// Working memory; inputs and outputs of `batch` rows; an input of one row, for all; an output of one
// row per block.

struct Place {
  Where where;
  int64_t array, column, columns, first, step;

  explicit Place(Settings& s)
      : where(static_cast<Where>(s.next())),
        array(s.next()),
        column(s.next()),
        columns(s.next()),
        first(s.next()),
        step(s.next()) {}
};

struct Step {
  RowOp op;
  int64_t columns, number;
  Place to, a, b, c;

  explicit Step(Settings& s)
      : op(static_cast<RowOp>(s.next())), columns(s.next()), number(s.next()), to(s), a(s), b(s), c(s) {
    if (op < RowOp::product || op > RowOp::select)
      throw std::invalid_argument("unknown operation on rows");
  }
};

std::vector<Step> steps_of(Settings& s) {
  std::vector<Step> steps;
  for (int64_t n = s.next(); n > 0; --n) steps.emplace_back(s);
  return steps;
}

struct Weight {
  int64_t input, rows, columns;
  bool transposed;

  explicit Weight(Settings& s)
      : input(s.next()), rows(s.next()), columns(s.next()), transposed(s.next() != 0) {}
};

struct Program {
  int64_t batch, block, iterations, working;
  std::vector<Weight> weights;
  std::vector<Step> before, each, after;

  explicit Program(const Call& call) {
    Settings s(call);
    batch = s.next();
    block = s.next();
    iterations = s.next();
    working = s.next();
    for (int64_t n = s.next(); n > 0; --n) weights.emplace_back(s);
    before = steps_of(s);
    each = steps_of(s);
    after = steps_of(s);
  }
};

// One block of rows, going through all iterations.
class Block {
 public:
  Block(const Program& program, const Call& call, const std::vector<float*>& weights, int64_t number)
      : program_(program),
        call_(call),
        number_(number),
        first_(number * program.block),
        rows_(std::min(program.block, program.batch - first_)),
        weights_(weights),
        working_(static_cast<float*>(scratch(0, sizeof(float) * program.working))) {}

  void run() {
    run(program_.before, 0);
    for (int64_t i = 0; i < program_.iterations; ++i) run(program_.each, i);
    run(program_.after, 0);
  }

 private:
  // Operations on elements that follow each other are done for a few rows at a time, which stay in
  // the first cache from one operation to the next.
  void run(const std::vector<Step>& steps, int64_t iteration) {
    for (size_t i = 0; i < steps.size();) {
      if (steps[i].op == RowOp::product) {
        product(steps[i++], iteration);
        continue;
      }
      size_t end = i;
      while (end < steps.size() && steps[end].op != RowOp::product) ++end;
      for (int64_t row = 0; row < rows_; row += kRows)
        for (size_t j = i; j < end; ++j)
          work(steps[j], row, std::min(kRows, rows_ - row), iteration);
      i = end;
    }
  }

  // Row by row, or all at once where rows follow each other.
  void work(const Step& s, int64_t row, int64_t rows, int64_t iteration) const {
    float* to = at(s.to, row, iteration);
    if (s.op == RowOp::fill) {
      for (int64_t r = 0; r < rows; ++r)
        std::fill_n(to + r * stride(s.to), s.columns, from_bits(static_cast<int32_t>(s.number)));
      return;
    }
    const float *a = at(s.a, row, iteration), *b = at(s.b, row, iteration);
    const float* c = at(s.c, row, iteration);
    if (follow(s.to, s.columns) && follow(s.a, s.columns) && follow(s.b, s.columns) &&
        follow(s.c, s.columns)) {
      loops().row_op(s.op, s.columns * rows, to, a, b, c);
      return;
    }
    for (int64_t r = 0; r < rows; ++r)
      loops().row_op(s.op, s.columns, to + r * stride(s.to), a + r * stride(s.a), b + r * stride(s.b),
             c + r * stride(s.c));
  }

  static int64_t stride(const Place& p) {
    return p.where == Where::shared || p.where == Where::block ? 0 : p.columns;
  }
  static bool follow(const Place& p, int64_t columns) {
    return p.where == Where::nowhere || stride(p) == columns;
  }

  float* at(const Place& p, int64_t row, int64_t iteration) const {
    const int64_t whole = (p.first + p.step * iteration) * program_.batch + first_ + row;
    switch (p.where) {
      case Where::nowhere:
        return nullptr;
      case Where::working:
        return working_ + p.array + row * p.columns + p.column;
      case Where::input:
        return call_.inputs[p.array].floats() + whole * p.columns + p.column;
      case Where::output:
        return call_.outputs[p.array].floats() + whole * p.columns + p.column;
      case Where::shared:
        return call_.inputs[p.array].floats() + p.column;
      case Where::block:
        return call_.outputs[p.array].floats() + number_ * p.columns + p.column;
    }
    throw std::invalid_argument("unknown place");
  }

  void product(const Step& s, int64_t iteration) const {
    const Weight& w = program_.weights.at(s.number);
    multiply(rows_, w.rows, w.columns, {at(s.a, 0, iteration), s.a.columns}, weights_[s.number],
             {at(s.b, 0, iteration), stride(s.b)}, at(s.to, 0, iteration), s.to.columns);
  }

  const Program& program_;
  const Call& call_;
  int64_t number_, first_, rows_;
  const std::vector<float*>& weights_;
  float* working_;
};

std::vector<float*> packed_weights(const Program& program, const Call& call) {
  std::vector<float*> packed;
  for (const Weight& w : program.weights) {
    float* to = static_cast<float*>(
        scratch(1 + packed.size(), sizeof(float) * packed_size(w.rows, w.columns)));
    packed.push_back(to);
    const float* from = call.inputs.at(w.input).floats();
    call.threads.run(panels(w.columns), [&](int64_t panel) {
      pack(panel, w.rows, w.columns, from, w.transposed ? 1 : w.columns, w.transposed ? w.rows : 1, to);
    });
  }
  return packed;
}

}  // namespace

static void row_loop(const Call& call) {
  auto program = kept(plan_key("row_loop", call), [&] { return Program(call); });
  const std::vector<float*> weights = packed_weights(*program, call);
  const int64_t blocks = (program->batch + program->block - 1) / program->block;
  call.threads.run(blocks,
                   [&](int64_t number) { Block(*program, call, weights, number).run(); });
}

TIDEFALL_KERNEL(row_loop)

}  // namespace tidefall
