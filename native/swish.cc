#include "swish.h"

#include <algorithm>

#include "exponential.h"

namespace tidefall {
namespace {

struct Floats {
  float* data;
  int64_t size;
};

// By e^-|x|, which is at most 1; -infinity becomes NaN, as in x * sigmoid(x).
template <class P>
TIDEFALL_INLINE typename P::Floats swish_of(typename P::Floats x) {
  using Values = typename P::Floats;
  const Values e = exponential<P>(x < 0.f ? x : -x);
  return x * (x < 0.f ? e : P::all(1.f)) / (e + 1.f);
}

template <class P>
TIDEFALL_INLINE void swish_each(const Floats& given) {
  const int64_t whole = given.size / P::kLanes * P::kLanes, rest = given.size - whole;
  for (int64_t i = 0; i < whole; i += P::kLanes)
    P::store(given.data + i, swish_of<P>(P::load(given.data + i)));
  float* tail = given.data + whole;
  if (rest) store_some<P>(tail, swish_of<P>(load_some<P>(tail, rest, 0.f)), rest);
}

TIDEFALL_FOR_PROCESSORS(swish_for, swish_each, Floats)

}  // namespace

void swish(float* data, int64_t size) { swish_for({data, size}); }

}  // namespace tidefall
