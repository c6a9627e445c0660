// Universal functions of NumPy over the kernels' own loops, for eager code.
//
// NumPy broadcasts, makes the result, leaves Python's lock where there is much to do and calls a
// loop: that takes a third of a microsecond, where a call through ctypes takes several. NumPy's headers
// are not needed: its functions lie in a table, which ufuncs.py hands over, at numbers that are part of
// its binary interface.

#include <algorithm>
#include <cfenv>
#include <cstring>

#include "kernel.h"
#include "loops/loops.h"

namespace tidefall {
namespace {

using Loop = void (*)(char** arrays, const int64_t* sizes, const int64_t* steps, void* data);

constexpr int64_t kFloat = sizeof(float);
// Elements that a thread takes at a time, so that a result does not depend on how many threads there are,
// and elements of an array that is not in one piece, which are brought together.
constexpr int64_t kPart = 16384, kGathered = 512;

// The operand's elements: where they are if they lie side by side, else `room` with them in it.
const float* gathered(const char* from, int64_t step, int64_t count, float* room) {
  if (step == kFloat) return reinterpret_cast<const float*>(from);
  for (int64_t i = 0; i < count; ++i) std::memcpy(room + i, from + i * step, kFloat);
  return room;
}

float float_at(const char* from) {
  float value;
  std::memcpy(&value, from, kFloat);
  return value;
}

void apply_some(Function function, int inputs, int64_t begin, int64_t end, char** arrays,
                const int64_t* steps) {
  const bool in_one_piece = std::all_of(steps, steps + inputs + 1, [](int64_t s) { return s == kFloat; });
  const int64_t most = in_one_piece ? end - begin : kGathered;
  float rooms[4][kGathered];
  const float* given[3] = {};
  for (int i = 0; i < inputs; ++i)
    if (!steps[i]) given[i] = std::fill_n(rooms[i], kGathered, float_at(arrays[i])) - kGathered;
  for (int64_t at = begin; at < end; at += most) {
    const int64_t count = std::min(most, end - at);
    for (int i = 0; i < inputs; ++i)
      if (steps[i]) given[i] = gathered(arrays[i] + at * steps[i], steps[i], count, rooms[i]);
    char* to = arrays[inputs] + at * steps[inputs];
    const bool direct = steps[inputs] == kFloat;
    float* made = direct ? reinterpret_cast<float*>(to) : rooms[3];
    loops().apply(function, count, made, given[0], given[1], given[2]);
    for (int64_t i = 0; !direct && i < count; ++i) std::memcpy(to + i * steps[inputs], made + i, kFloat);
  }
}

// Work on `count` things, some at a time, by threads where there is much.
template <typename Work>
void shared_out(int64_t count, int64_t part, const Work& work) {
  const int64_t parts = (count + part - 1) / part;
  if (parts < 4) {
    work(0, count);
    return;
  }
  Threads(nullptr).run(parts, [&](int64_t i) { work(i * part, std::min(count, (i + 1) * part)); });
}

// TensorFlow gives infinities and NaN without a word; NumPy warns where these flags are set.
struct Silent {
  ~Silent() { std::feclearexcept(FE_ALL_EXCEPT); }
};

template <Function function, int inputs>
void elementwise(char** arrays, const int64_t* sizes, const int64_t* steps, void*) {
  Silent silent;
  shared_out(sizes[0], kPart, [&](int64_t begin, int64_t end) {
    apply_some(function, inputs, begin, end, arrays, steps);
  });
}

// Rows [.., columns] -> [.., columns].
template <auto Loops::*loop>
void by_rows(char** arrays, const int64_t* sizes, const int64_t* steps, void*) {
  const int64_t rows = sizes[0], columns = sizes[1];
  if (!columns) return;
  Silent silent;
  const bool in_one_piece = steps[2] == kFloat && steps[3] == kFloat &&
                            (rows == 1 || (steps[0] == columns * kFloat && steps[1] == steps[0]));
  shared_out(rows, std::max<int64_t>(1, kPart / columns), [&](int64_t begin, int64_t end) {
    const char* x = arrays[0] + begin * steps[0];
    char* y = arrays[1] + begin * steps[1];
    if (in_one_piece) {
      (loops().*loop)(end - begin, columns, reinterpret_cast<const float*>(x), reinterpret_cast<float*>(y));
      return;
    }
    std::vector<float> from(columns), to(columns);
    for (int64_t row = begin; row < end; ++row, x += steps[0], y += steps[1]) {
      const float* given = gathered(x, steps[2], columns, from.data());
      (loops().*loop)(1, columns, given, to.data());
      for (int64_t i = 0; i < columns; ++i) std::memcpy(y + i * steps[3], &to[i], kFloat);
    }
  });
}

// A key, the halves of a counter and an index -> four words. All but the index are mostly the same for
// all elements.
void random_blocks(char** arrays, const int64_t* sizes, const int64_t* steps, void*) {
  const auto number = [&](int input, int64_t i) {
    uint64_t value;
    std::memcpy(&value, arrays[input] + i * steps[input], sizeof(value));
    return value;
  };
  const bool one_key = !steps[0] && !steps[1] && !steps[2];
  const bool in_one_piece = one_key && steps[3] == 8 && steps[4] == 16 && steps[5] == 4;
  shared_out(sizes[0], kPart / 4, [&](int64_t begin, int64_t end) {
    if (in_one_piece) {
      loops().philox(number(0, 0), number(1, 0), number(2, 0),
                     reinterpret_cast<const uint64_t*>(arrays[3]) + begin, end - begin,
                     reinterpret_cast<uint32_t*>(arrays[4]) + 4 * begin);
      return;
    }
    for (int64_t i = begin; i < end; ++i) {
      const uint64_t index = number(3, i);
      uint32_t words[4];
      loops().philox(number(0, i), number(1, i), number(2, i), &index, 1, words);
      for (int word = 0; word < 4; ++word)
        std::memcpy(arrays[4] + i * steps[4] + word * steps[5], words + word, sizeof(*words));
    }
  });
}

// NumPy's numbers of its dtypes float32, uint64 and uint32.
const char kFloats[] = {11, 11, 11, 11}, kBlocks[] = {8, 8, 8, 8, 6};

struct Ufunc {
  const char* name;
  int inputs;
  Loop loop;
  const char* signature = nullptr;  // of one that takes more than elements
  const char* types = kFloats;
};

const Ufunc kUfuncs[] = {
    {"sigmoid", 1, elementwise<Function::sigmoid, 1>},
    {"relu", 1, elementwise<Function::relu, 1>},
    {"elu", 1, elementwise<Function::elu, 1>},
    {"rsqrt", 1, elementwise<Function::rsqrt, 1>},
    {"clip", 3, elementwise<Function::clip, 3>},
    {"squared_difference", 2, elementwise<Function::squared_difference, 2>},
    {"sigmoid_grad", 2, elementwise<Function::sigmoid_grad, 2>},
    {"tanh_grad", 2, elementwise<Function::tanh_grad, 2>},
    {"relu_grad", 2, elementwise<Function::relu_grad, 2>},
    {"elu_grad", 2, elementwise<Function::elu_grad, 2>},
    {"sqrt_grad", 2, elementwise<Function::sqrt_grad, 2>},
    {"rsqrt_grad", 2, elementwise<Function::rsqrt_grad, 2>},
    {"softmax", 1, by_rows<&Loops::softmax>, "(n)->(n)"},
    {"log_softmax", 1, by_rows<&Loops::log_softmax>, "(n)->(n)"},
    {"philox", 4, random_blocks, "(),(),(),()->(4)", kBlocks},
};

// Positions in NumPy's table.
constexpr int kMake = 1, kMakeOfRows = 31;

using Make = void* (*)(Loop*, void* const*, const char*, int, int, int, int, const char*, const char*,
                       int);
using MakeOfRows = void* (*)(Loop*, void* const*, const char*, int, int, int, int, const char*,
                             const char*, int, const char*);

}  // namespace
}  // namespace tidefall

// A new object of Python: the universal function of that name; null where there is none. `api` is the
// table of NumPy's functions, and the caller holds Python's lock.
extern "C" TIDEFALL_VISIBLE void* tidefall_ufunc(const char* name, void* const* api) {
  using namespace tidefall;
  static void* const no_data[1] = {};
  static Loop made[std::size(kUfuncs)];  // NumPy keeps pointers to these
  for (size_t i = 0; i < std::size(kUfuncs); ++i) {
    const Ufunc& u = kUfuncs[i];
    if (std::strcmp(u.name, name)) continue;
    made[i] = u.loop;
    const int no_identity = -1;
    if (u.signature)
      return reinterpret_cast<MakeOfRows>(api[kMakeOfRows])(made + i, no_data, u.types, 1, u.inputs, 1,
                                                           no_identity, u.name, "", 0, u.signature);
    return reinterpret_cast<Make>(api[kMake])(made + i, no_data, u.types, 1, u.inputs, 1, no_identity,
                                              u.name, "", 0);
  }
  return nullptr;
}
