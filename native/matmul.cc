// The product of two matrices of float32, bfloat16 or int8.
//
// Settings: 1 if the first matrix is transposed, 1 if the second is. Arrays are a `[rows, inner]`,
// b `[inner, columns]` and the result `[rows, columns]`, all of one kind; that of int8 is int32.
// Products of bfloat16 are added up in float32.
//
// Work is cut along the larger side of the result, never along the inner dimension, so that results
// do not depend on how many threads there are.

#include <algorithm>

#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kGrain = 32;
// Parts have a multiple of this many rows or columns.

struct Product {
  const Array &a, &b, &c;
  bool turn_a, turn_b, by_rows;
  int64_t rows, columns, inner, size, parts;

  Product(const Call& call, Settings settings)
      : a(call.inputs[0]),
        b(call.inputs[1]),
        c(call.outputs[0]),
        turn_a(settings.next() != 0),
        turn_b(settings.next() != 0),
        by_rows(c.dims[0] >= c.dims[1]),
        rows(c.dims[0]),
        columns(c.dims[1]),
        inner(a.dims[turn_a ? 0 : 1]),
        size(by_rows ? rows : columns),
        parts(std::max<int64_t>(1, std::min(2 * call.threads.count(), size / kGrain))) {}

  // Where a part begins; the last one ends where the next would begin.
  int64_t edge(int64_t part) const {
    return part == parts ? size : size * part / parts / kGrain * kGrain;
  }
};

// A part of the product: its sizes, and where its arrays begin, in elements.
struct Part {
  int64_t rows, columns, a, b, c;

  Part(const Product& g, int64_t part) {
    const int64_t begin = g.edge(part), length = g.edge(part + 1) - begin;
    rows = g.by_rows ? length : g.rows;
    columns = g.by_rows ? g.columns : length;
    a = g.by_rows ? begin * (g.turn_a ? 1 : g.inner) : 0;
    b = g.by_rows ? 0 : begin * (g.turn_b ? g.inner : 1);
    c = g.by_rows ? begin * g.columns : begin;
  }
};

void multiply_floats(const Product& g, const Part& p) {
  const auto status = dnnl_sgemm(g.turn_a ? 'T' : 'N', g.turn_b ? 'T' : 'N', p.rows, p.columns,
                                 g.inner, 1.f, g.a.floats() + p.a, g.a.dims[1],
                                 g.b.floats() + p.b, g.b.dims[1], 0.f, g.c.floats() + p.c,
                                 g.columns);
  if (status != dnnl_success) throw std::runtime_error("oneDNN cannot multiply these matrices");
}

// A matrix whose rows, or columns if it is transposed, lie as far apart as those of an array.
Desc matrix(const Array& a, int64_t rows, int64_t columns, bool turned) {
  const int64_t step = a.dims[1];
  return Desc({rows, columns}, type_of(a), turned ? Dims{1, step} : Dims{step, 1});
}

Plan narrow_plan(const Product& g, const Part& p) {
  Desc a = matrix(g.a, p.rows, g.inner, g.turn_a), b = matrix(g.b, g.inner, p.columns, g.turn_b);
  Desc c = matrix(g.c, p.rows, p.columns, false);
  dnnl::matmul::primitive_desc made(cpu(), a, b, c, shared_attr());
  Plan plan(dnnl::matmul(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_SRC, a, a);
  plan.reads(DNNL_ARG_WEIGHTS, b, b);
  plan.writes(DNNL_ARG_DST, c, c);
  return plan;
}

std::vector<Plan> narrow_plans(const Product& g) {
  Alone alone;
  std::vector<Plan> plans;
  for (int64_t i = 0; i < g.parts; ++i) plans.push_back(narrow_plan(g, Part(g, i)));
  return plans;
}

bool is_narrow(const Product& g) {
  const Kind result = g.a.kind == Kind::s8 ? Kind::s32 : Kind::bf16;
  return (g.a.kind == Kind::s8 || g.a.kind == Kind::bf16) && g.b.kind == g.a.kind &&
         g.c.kind == result;
}

}  // namespace

static void matmul(const Call& call) {
  call.expect(2, 1);
  const Product g(call, Settings(call));
  if (g.c.kind == Kind::f32) {
    call.threads.run(g.parts, [&](int64_t i) {
      Alone alone;
      multiply_floats(g, Part(g, i));
    });
    return;
  }
  if (!is_narrow(g)) throw std::invalid_argument("a dtype that is not multiplied here");
  auto plans = kept(plan_key("matmul", call), [&] { return narrow_plans(g); });
  call.threads.run(g.parts, [&](int64_t i) {
    Alone alone;
    const Part p(g, i);
    (*plans)[i].run({g.a.at(p.a), g.b.at(p.b), g.c.at(p.c)});
  });
}

TIDEFALL_KERNEL(matmul)

}  // namespace tidefall
