// Functions of NumPy's arrays that Python calls as its own, for eager code: 0.2 us, where a universal
// function of NumPy takes 0.3, one of its reductions 0.8, and a call through ctypes several.
//
// Each stands in for a function in Python, which it calls itself with what it does not take: other
// dtypes, shapes that do not go together, and so on. It never raises an error of its own. Large arrays are
// shared out among threads, in parts that depend on shapes only, as results do.

#include <algorithm>
#include <atomic>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <new>
#include <vector>

#include "kernel.h"
#include "loops/loops.h"
#include "python.h"

namespace tidefall::python {

Api api;

Dtype* dtype_of(int number) {
  return reinterpret_cast<Dtype* (*)(int)>(api.numpy[45])(number);
}

NumpyArray* new_array(Dtype* dtype, int32_t rank, const int64_t* dims) {
  using Make = NumpyArray* (*)(const void*, Dtype*, int, const int64_t*, const int64_t*, void*, int, void*);
  api.keep(&dtype->object);  // which the array takes over
  auto* made = reinterpret_cast<Make>(api.numpy[94])(api.numpy[2], dtype, rank, dims, nullptr, nullptr, 0,
                                                     nullptr);
  if (!made) throw std::bad_alloc();
  return made;
}

static bool is_array(const Object* given) { return given->type == api.numpy[2]; }

static bool in_one_piece(const NumpyArray* array) {
  return (array->flags & kInOnePiece) && (array->flags & kAligned);
}

Floats::Floats(Object* given, bool copies) {
  static const Dtype* const float32 = dtype_of(kFloat32);
  auto* array = reinterpret_cast<NumpyArray*>(given);
  if (!is_array(given) || array->dtype != float32) return;
  if (in_one_piece(array)) {
    array_ = array;
  } else if (copies) {
    array_ = reinterpret_cast<NumpyArray* (*)(Object*, int)>(api.numpy[85])(given, 0);  // in C's order
    if (!array_) throw std::bad_alloc();
    copied_ = true;
  }
}

}  // namespace tidefall::python

namespace tidefall {
namespace {

using namespace python;

// The arguments of a call, and `self`: what the function stands in for.
struct Given {
  Object* self;
  Object* const* items;
  int64_t count;

  Object* operator[](int64_t i) const { return items[i]; }
};

// A result; null if the function does not take these arguments.
using Take = NumpyArray* (*)(const Given&);

constexpr int64_t kPart = 16384;  // elements that a thread takes at a time

template <typename Work>
void shared_out(int64_t count, int64_t part, const Work& work) {
  const int64_t parts = (count + part - 1) / part;
  if (parts < 4) {
    work(0, count);
    return;
  }
  Threads(nullptr).run(parts, [&](int64_t i) { work(i * part, std::min(count, (i + 1) * part)); });
}

NumpyArray* like(const Floats& x) { return new_array(dtype_of(kFloat32), x.rank(), x.dims()); }

float* floats(NumpyArray* array) { return reinterpret_cast<float*>(array->data); }

bool same_dims(const Floats& a, const Floats& b) {
  return a.rank() == b.rank() && std::equal(a.dims(), a.dims() + a.rank(), b.dims());
}

// ---- elements ----

template <Function function>
NumpyArray* of_one(const Given& given) {
  if (given.count != 1) return nullptr;
  const Floats x(given[0]);
  if (!x) return nullptr;
  NumpyArray* made = like(x);
  float* y = floats(made);
  const float* from = x.data();
  const Unlocked unlocked(x.size());
  shared_out(x.size(), kPart, [&](int64_t begin, int64_t end) {
    loops().apply(function, end - begin, y + begin, from + begin, nullptr, nullptr);
  });
  return made;
}

template <Function function>
NumpyArray* of_two(const Given& given) {
  if (given.count != 2) return nullptr;
  const Floats a(given[0]), b(given[1]);
  if (!a || !b || !same_dims(a, b)) return nullptr;
  NumpyArray* made = like(a);
  float* y = floats(made);
  const float *from = a.data(), *other = b.data();
  const Unlocked unlocked(a.size());
  shared_out(a.size(), kPart, [&](int64_t begin, int64_t end) {
    loops().apply(function, end - begin, y + begin, from + begin, other + begin, nullptr);
  });
  return made;
}

// As bool.
NumpyArray* is_finite(const Given& given) {
  if (given.count != 1) return nullptr;
  const Floats x(given[0]);
  if (!x) return nullptr;
  NumpyArray* made = new_array(dtype_of(kBool), x.rank(), x.dims());
  auto* y = reinterpret_cast<uint8_t*>(made->data);
  const Unlocked unlocked(x.size());
  shared_out(x.size(), kPart, [&](int64_t begin, int64_t end) {
    loops().is_finite(end - begin, x.data() + begin, y + begin);
  });
  return made;
}

// Elements kept within two limits, which are numbers or as large as the array.
NumpyArray* clip(const Given& given) {
  if (given.count != 3) return nullptr;
  const Floats x(given[0]), low(given[1]), high(given[2]);
  if (!x || !low || !high) return nullptr;
  const bool low_is_one = !low.rank(), high_is_one = !high.rank();
  if (!(low_is_one || same_dims(x, low)) || !(high_is_one || same_dims(x, high))) return nullptr;
  NumpyArray* made = like(x);
  float* y = floats(made);
  const Unlocked unlocked(x.size());
  constexpr int64_t kSome = 1024;
  shared_out(x.size(), kPart, [&](int64_t begin, int64_t end) {
    float least[kSome], most[kSome];
    if (low_is_one) std::fill_n(least, std::min(kSome, end - begin), *low.data());
    if (high_is_one) std::fill_n(most, std::min(kSome, end - begin), *high.data());
    for (int64_t at = begin; at < end; at += kSome)
      loops().apply(Function::clip, std::min(kSome, end - at), y + at, x.data() + at,
                    low_is_one ? least : low.data() + at, high_is_one ? most : high.data() + at);
  });
  return made;
}

// A number of Python that float32 reaches, as NumPy takes it beside an array of float32.
bool is_number(Object* given, float* value) {
  const bool whole = given->type == api.int_type;
  if (!whole && given->type != api.float_type) return false;
  int too_large = 0;
  const double number = whole ? static_cast<double>(api.number(given, &too_large)) : api.real(given);
  *value = static_cast<float>(number);
  return !too_large && (std::abs(number) <= (whole ? 1e6 : FLT_MAX) || !std::isfinite(number));
}

// An array and a number, which stands first if `first`.
template <RowOp op>
NumpyArray* with_number(Object* array, float number, bool first) {
  const Floats x(array, false);
  if (!x) return nullptr;
  NumpyArray* made = like(x);
  float* y = floats(made);
  const Unlocked unlocked(x.size());
  shared_out(x.size(), kPart, [&](int64_t begin, int64_t end) {
    constexpr int64_t kSome = 1024;
    float numbers[kSome];
    std::fill_n(numbers, std::min(kSome, end - begin), number);
    for (int64_t at = begin; at < end; at += kSome) {
      const float *a = first ? numbers : x.data() + at, *b = first ? x.data() + at : numbers;
      loops().row_op(op, std::min(kSome, end - at), y + at, a, b, nullptr);
    }
  });
  return made;
}

// Arrays of one shape, an array and a row that goes with its last dimension, or an array and a number.
template <RowOp op>
NumpyArray* arithmetic(const Given& given) {
  if (given.count != 2) return nullptr;
  float number;
  if (is_number(given[1], &number)) return with_number<op>(given[0], number, false);
  if (is_number(given[0], &number)) return with_number<op>(given[1], number, true);
  const Floats a(given[0], false), b(given[1], false);  // NumPy's own give the same bits
  if (!a || !b) return nullptr;
  const Floats& whole = a.rank() >= b.rank() ? a : b;
  const int32_t rank = whole.rank();
  const int64_t size = whole.size();
  int64_t columns = size;
  if (!same_dims(a, b)) {
    const Floats& row = &whole == &a ? b : a;
    if (row.rank() != 1 || rank < 2 || row.dims()[0] != whole.dims()[rank - 1]) return nullptr;
    columns = row.dims()[0];
    if (columns < 8 && size > 4096) return nullptr;
  }
  NumpyArray* made = like(whole);
  if (!size) return made;
  float* y = floats(made);
  const Unlocked unlocked(size);
  if (columns == size) {
    shared_out(size, kPart, [&](int64_t begin, int64_t end) {
      loops().row_op(op, end - begin, y + begin, a.data() + begin, b.data() + begin, nullptr);
    });
    return made;
  }
  const int64_t a_step = &whole == &a ? columns : 0, b_step = columns - a_step;
  shared_out(size / columns, std::max<int64_t>(1, kPart / columns), [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row)
      loops().row_op(op, columns, y + row * columns, a.data() + row * a_step, b.data() + row * b_step,
                     nullptr);
  });
  return made;
}

// ---- rows ----

template <auto Loops::*loop>
NumpyArray* of_rows(const Given& given) {
  if (given.count != 1) return nullptr;
  const Floats x(given[0]);
  if (!x || !x.rank()) return nullptr;
  NumpyArray* made = like(x);
  const int64_t columns = x.dims()[x.rank() - 1], rows = x.size(0, x.rank() - 1);
  if (!columns) return made;
  float* y = floats(made);
  const Unlocked unlocked(x.size());
  shared_out(rows, std::max<int64_t>(1, kPart / columns), [&](int64_t begin, int64_t end) {
    (loops().*loop)(end - begin, columns, x.data() + begin * columns, y + begin * columns);
  });
  return made;
}

// One row that is long enough for several threads.
float of_long_row(Reduction kind, int64_t n, const float* x) {
  const int64_t parts = (n + kPart - 1) / kPart;
  const auto length = [&](int64_t part) { return std::min(kPart, n - part * kPart); };
  float result;
  if (kind == Reduction::max || kind == Reduction::min) {
    std::vector<float> found(parts);
    Threads(nullptr).run(parts, [&](int64_t part) {
      loops().reduce_rows(kind, 1, length(part), x + part * kPart, &found[part]);
    });
    loops().reduce_rows(kind, 1, parts, found.data(), &result);
    return result;
  }
  std::vector<double> sums(parts);
  Threads(nullptr).run(parts, [&](int64_t part) {
    sums[part] = loops().sum_of_row(x + part * kPart, length(part));
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return static_cast<float>(kind == Reduction::mean ? total / static_cast<double>(n) : total);
}

// The axis that an argument names, from 0 to rank - 1; rank where it is None: all of them; -1 where it is
// something else.
int64_t axis_of(Object* given, int32_t rank) {
  if (given == api.none) return rank;
  if (given->type != api.int_type) return -1;
  int too_large = 0;
  const int64_t axis = api.number(given, &too_large);
  if (too_large || axis < -rank || axis >= rank) return -1;
  return axis < 0 ? axis + rank : axis;
}

// x, axis and whether a reduced dimension stays, with size 1.
template <Reduction kind>
NumpyArray* reduction(const Given& given) {
  if (given.count != 3) return nullptr;
  const Floats x(given[0]);
  if (!x || !x.rank() || x.rank() > 16) return nullptr;
  const int32_t rank = x.rank();
  const int64_t axis = axis_of(given[1], rank);
  const bool all = axis == rank, keeps = given[2] == api.yes;
  if (axis < 0) return nullptr;
  const int64_t outer = all ? 1 : x.size(0, static_cast<int32_t>(axis)), size = x.size();
  const int64_t n = all ? size : x.dims()[axis];
  if (!size) return nullptr;
  const int64_t inner = size / outer / n;
  if (inner > 1 && size > 2 * kPart) return nullptr;  // NumPy is as fast there
  int64_t dims[16];
  int32_t made_rank = 0;
  for (int32_t i = 0; i < rank; ++i) {
    const bool reduced = all || i == axis;
    if (!reduced || keeps) dims[made_rank++] = reduced ? 1 : x.dims()[i];
  }
  NumpyArray* made = new_array(dtype_of(kFloat32), made_rank, dims);
  float* y = floats(made);
  const Unlocked unlocked(size);
  if (inner > 1) {
    for (int64_t i = 0; i < outer; ++i)
      loops().reduce_columns(kind, n, inner, x.data() + i * n * inner, y + i * inner);
  } else if (outer < 8 && n >= 4 * kPart) {
    for (int64_t i = 0; i < outer; ++i) y[i] = of_long_row(kind, n, x.data() + i * n);
  } else {
    shared_out(outer, std::max<int64_t>(1, kPart / n), [&](int64_t begin, int64_t end) {
      loops().reduce_rows(kind, end - begin, n, x.data() + begin * n, y + begin);
    });
  }
  return made;
}

// Where the largest (1) or smallest (-1) element of each row is, as int64: x and an axis, the last one.
template <int sign>
NumpyArray* find(const Given& given) {
  if (given.count != 2) return nullptr;
  const Floats x(given[0]);
  if (!x || !x.rank()) return nullptr;
  const int32_t last = x.rank() - 1;
  if (axis_of(given[1], x.rank()) != last || !x.size()) return nullptr;
  NumpyArray* made = new_array(dtype_of(kInt64), last, x.dims());
  auto* at = reinterpret_cast<int64_t*>(made->data);
  const int64_t n = x.dims()[last];
  const Unlocked unlocked(x.size());
  shared_out(x.size() / n, std::max<int64_t>(1, kPart / n), [&](int64_t begin, int64_t end) {
    loops().find_in_rows(sign, end - begin, n, x.data() + begin * n, at + begin);
  });
  return made;
}

// Where the k largest elements of each row are, as int32, for rows without NaN: x and k.
NumpyArray* top_places(const Given& given) {
  if (given.count != 2 || given[1]->type != api.int_type) return nullptr;
  const Floats x(given[0]);
  if (!x || !x.rank() || x.rank() > 16 || !x.size()) return nullptr;
  int too_large = 0;
  const int64_t k = api.number(given[1], &too_large), n = x.dims()[x.rank() - 1], rows = x.size() / n;
  if (too_large || k < 1 || k > std::min(n, kMostTop) || n > INT32_MAX) return nullptr;
  int64_t dims[16];
  std::copy_n(x.dims(), x.rank(), dims);
  dims[x.rank() - 1] = k;
  NumpyArray* made = new_array(dtype_of(kInt32), x.rank(), dims);
  auto* at = reinterpret_cast<int32_t*>(made->data);
  std::atomic<bool> unordered{false};
  {
    const Unlocked unlocked(x.size());
    shared_out(rows, std::max<int64_t>(1, kPart / n), [&](int64_t begin, int64_t end) {
      float largest = 0;
      for (int64_t row = begin; row < end; ++row) {
        loops().reduce_rows(Reduction::max, 1, n, x.data() + row * n, &largest);
        if (std::isnan(largest)) {
          unordered = true;
          return;
        }
        loops().top_of_rows(1, n, k, x.data() + row * n, at + row * k);
      }
    });
  }
  if (!unordered) return made;
  api.release(&made->object);
  return nullptr;
}

// ---- random numbers ----

// A key, the halves of a counter, and what is added to that for each block -> four words each.
NumpyArray* philox(const Given& given) {
  if (given.count != 4 || !is_array(given[3])) return nullptr;
  const auto* index = reinterpret_cast<NumpyArray*>(given[3]);
  if (index->dtype != dtype_of(kUint64) || index->rank != 1 || !in_one_piece(index)) return nullptr;
  uint64_t numbers[3];
  for (int i = 0; i < 3; ++i) {
    if (given[i]->type != api.int_type) return nullptr;
    numbers[i] = api.word(given[i]);
  }
  const int64_t count = index->dims[0], dims[] = {count, 4};
  NumpyArray* made = new_array(dtype_of(kUint32), 2, dims);
  auto* words = reinterpret_cast<uint32_t*>(made->data);
  const auto* from = reinterpret_cast<const uint64_t*>(index->data);
  const Unlocked unlocked(count);
  shared_out(count, kPart / 4, [&](int64_t begin, int64_t end) {
    loops().philox(numbers[0], numbers[1], numbers[2], from + begin, end - begin, words + 4 * begin);
  });
  return made;
}

// ---- joining ----

// A list of arrays in one piece, of one dtype without objects, whose shapes agree but for `axis`: how
// long they are along it together. -1 for anything else; `axis` may be the rank.
int64_t joined_size(Object* list, int64_t count, int64_t axis) {
  const auto* first = reinterpret_cast<NumpyArray*>(api.list_item(list, 0));
  int64_t total = 0;
  for (int64_t i = 0; i < count; ++i) {
    const auto* array = reinterpret_cast<NumpyArray*>(api.list_item(list, i));
    if (!is_array(&array->object) || array->dtype != first->dtype || array->rank != first->rank) return -1;
    if (!(array->flags & kInOnePiece)) return -1;
    for (int32_t d = 0; d < array->rank; ++d)
      if (d != axis && array->dims[d] != first->dims[d]) return -1;
    total += axis < array->rank ? array->dims[axis] : 1;
  }
  const bool plain = std::strchr("biufcV", first->dtype->kind) && !(first->dtype->flags & kRefersToObjects);
  return plain ? total : -1;
}

// A list of arrays and an axis: joined along it, or, if `stacks`, along a new one.
template <bool stacks>
NumpyArray* joined(const Given& given) {
  if (given.count != 2 || given[0]->type != api.list_type) return nullptr;
  const int64_t count = api.list_size(given[0]);
  if (!count || !is_array(api.list_item(given[0], 0))) return nullptr;
  const auto* first = reinterpret_cast<NumpyArray*>(api.list_item(given[0], 0));
  const int32_t rank = first->rank;
  if (rank > 15 || given[1] == api.none) return nullptr;
  const int64_t axis = axis_of(given[1], rank + stacks);
  if (axis < 0) return nullptr;
  const int64_t total = joined_size(given[0], count, stacks ? rank : axis);
  if (total < 0) return nullptr;
  int64_t dims[16], outer = 1, inner = first->dtype->width;
  std::copy_n(first->dims, rank, dims);
  if (stacks) std::copy_backward(dims + axis, dims + rank, dims + rank + 1);
  dims[axis] = total;
  for (int32_t d = 0; d < rank + stacks; ++d) (d < axis ? outer : inner) *= d == axis ? 1 : dims[d];
  NumpyArray* made = new_array(first->dtype, rank + stacks, dims);
  if (!total) return made;
  char* to = made->data;
  // Python's lock is kept: who else has the list might change it.
  for (int64_t i = 0; i < count; ++i) {
    const auto* array = reinterpret_cast<NumpyArray*>(api.list_item(given[0], i));
    const int64_t bytes = (stacks ? 1 : array->dims[axis]) * inner;
    if (outer == 1) {
      shared_out(bytes, 4 * kPart, [&](int64_t begin, int64_t end) {
        std::memcpy(to + begin, array->data + begin, end - begin);
      });
    } else {
      for (int64_t row = 0; row < outer; ++row)
        std::memcpy(to + row * total * inner, array->data + row * bytes, bytes);
    }
    to += bytes;
  }
  return made;
}

// ---- the way in ----

template <Take take>
Object* called(Object* self, Object* const* items, int64_t count) {
  try {
    const Given given{self, items, count};
    if (NumpyArray* made = take(given)) return &made->object;
  } catch (const std::exception&) {
    return api.no_memory();
  }
  const auto item = [&](int64_t i) { return i < count ? items[i] : nullptr; };
  return api.call(self, item(0), item(1), item(2), item(3), static_cast<Object*>(nullptr));
}

// PyMethodDef.
struct Definition {
  const char* name;
  Object* (*function)(Object* self, Object* const* items, int64_t count);
  int flags;
  const char* text;
};

constexpr int kItemsAndCount = 0x80;  // METH_FASTCALL

#define FUNCTION(name, ...) {name, called<__VA_ARGS__>, kItemsAndCount, nullptr}

Definition definitions[] = {
    FUNCTION("sigmoid", of_one<Function::sigmoid>),
    FUNCTION("relu", of_one<Function::relu>),
    FUNCTION("elu", of_one<Function::elu>),
    FUNCTION("rsqrt", of_one<Function::rsqrt>),
    FUNCTION("exp", of_one<Function::exp>),
    FUNCTION("log", of_one<Function::log>),
    FUNCTION("tanh", of_one<Function::tanh>),
    FUNCTION("sqrt", of_one<Function::sqrt>),
    FUNCTION("sign", of_one<Function::sign>),
    FUNCTION("erf", of_one<Function::erf>),
    FUNCTION("softplus", of_one<Function::softplus>),
    FUNCTION("silu", of_one<Function::silu>),
    FUNCTION("is_finite", is_finite),
    FUNCTION("clip", clip),
    FUNCTION("squared_difference", of_two<Function::squared_difference>),
    FUNCTION("sigmoid_grad", of_two<Function::sigmoid_grad>),
    FUNCTION("tanh_grad", of_two<Function::tanh_grad>),
    FUNCTION("relu_grad", of_two<Function::relu_grad>),
    FUNCTION("elu_grad", of_two<Function::elu_grad>),
    FUNCTION("sqrt_grad", of_two<Function::sqrt_grad>),
    FUNCTION("rsqrt_grad", of_two<Function::rsqrt_grad>),
    FUNCTION("add", arithmetic<RowOp::add>),
    FUNCTION("subtract", arithmetic<RowOp::sub>),
    FUNCTION("multiply", arithmetic<RowOp::mul>),
    FUNCTION("divide", arithmetic<RowOp::div>),
    FUNCTION("maximum", arithmetic<RowOp::max>),
    FUNCTION("minimum", arithmetic<RowOp::min>),
    FUNCTION("softmax", of_rows<&Loops::softmax>),
    FUNCTION("log_softmax", of_rows<&Loops::log_softmax>),
    FUNCTION("reduce_sum", reduction<Reduction::sum>),
    FUNCTION("reduce_mean", reduction<Reduction::mean>),
    FUNCTION("reduce_max", reduction<Reduction::max>),
    FUNCTION("reduce_min", reduction<Reduction::min>),
    FUNCTION("argmax", find<1>),
    FUNCTION("argmin", find<-1>),
    FUNCTION("top_places", top_places),
    FUNCTION("philox", philox),
    FUNCTION("concat", joined<false>),
    FUNCTION("stack", joined<true>),
};

}  // namespace
}  // namespace tidefall

// Takes Python's and NumPy's functions, in the order of Api; the caller holds Python's lock. Returns whether
// an array of NumPy, [2, 3] of float32, lies as it is read here.
extern "C" TIDEFALL_VISIBLE int tidefall_use_python(void* const* functions, void* probe) {
  using namespace tidefall::python;
  std::memcpy(&api, functions, sizeof(api));
  const auto* array = static_cast<const NumpyArray*>(probe);
  return array->object.type == api.numpy[2] && array->rank == 2 && array->dims[0] == 2 &&
         array->steps[0] == 12 && array->dtype == dtype_of(kFloat32) && array->dtype->number == kFloat32 &&
         array->dtype->width == 4 && (array->flags & (kInOnePiece | kAligned)) == (kInOnePiece | kAligned);
}

// A new object of Python: the function of that name, which stands in for `self`; null where there is none.
extern "C" TIDEFALL_VISIBLE void* tidefall_function(const char* name, void* self) {
  for (auto& definition : tidefall::definitions)
    if (!std::strcmp(definition.name, name))
      return tidefall::python::api.new_function(&definition, static_cast<tidefall::python::Object*>(self),
                                                nullptr);
  return nullptr;
}
