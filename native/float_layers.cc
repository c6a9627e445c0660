// Float layers without weights: sums and softmax.

#include <algorithm>

#include "loops/loops.h"
#include "prepared.h"

namespace tidefall {
namespace {

float clip(float x, int64_t activation) {
  if (activation == 0) return x;
  x = x < 0.f ? 0.f : x;
  return activation == 2 && x > 6.f ? 6.f : x;
}

// x + y of one shape. Settings: the activation.
class FloatSum : public Prepared {
 public:
  FloatSum(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : count_(y.size()), activation_(settings.next()) {
    if (arrays.size() != 2 || arrays[0].size() != count_ || arrays[1].size() != count_)
      throw std::invalid_argument("expected 2 arrays of the result's size");
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto *a = static_cast<const float*>(inputs[0]), *b = static_cast<const float*>(inputs[1]);
    auto* y = static_cast<float*>(outputs[0]);
    for (int64_t i = 0; i < count_; ++i) y[i] = a[i] + b[i];
    if (activation_)
      for (int64_t i = 0; i < count_; ++i) y[i] = clip(y[i], activation_);
  }

 private:
  int64_t count_, activation_;
};

// Softmax of rows.
class FloatSoftmax : public Prepared {
 public:
  FloatSoftmax(const std::vector<Array>&, const Array& y, Settings)
      : columns_(y.dims[y.rank - 1]), rows_(y.size() / columns_) {}

  void run(const void* const* inputs, void* const* outputs) const override {
    loops().softmax(rows_, columns_, static_cast<const float*>(inputs[0]),
                    static_cast<float*>(outputs[0]));
  }

 private:
  int64_t columns_, rows_;
};

}  // namespace

const Maker kFloatSum("float_sum", make<FloatSum>);
const Maker kFloatSoftmax("float_softmax", make<FloatSoftmax>);

}  // namespace tidefall
