// Layers of int8 that have no weights, as TensorFlow Lite's reference kernels round them.

#include <algorithm>
#include <cstring>

#include "loops/loops.h"
#include "prepared.h"

namespace tidefall {
namespace {

constexpr int64_t kPart = 1 << 15;
// Elements that are worth a thread.

Factor factor_of(Settings& settings) {
  const auto multiplier = static_cast<int32_t>(settings.next());
  const int64_t shift = settings.next();
  if (shift > 0 || shift < -30) throw std::invalid_argument("a factor is too large or too small");
  return {multiplier, static_cast<int32_t>(-shift)};
}

// x + y or x - y of one shape. Settings: the most threads, the zero points of both, the sign of the second,
// multipliers and shifts of both, then of the output, its zero point and its limits.
class Sum : public Prepared {
 public:
  Sum(const std::vector<Array>& arrays, const Array& y, Settings settings) {
    sum_.count = y.size();
    if (arrays.size() != 2 || arrays[0].size() != sum_.count || arrays[1].size() != sum_.count)
      throw std::invalid_argument("expected 2 arrays of the result's size");
    if (const int64_t most = settings.next()) threads_ = std::min(most, threads_);
    sum_.zero_a = static_cast<int32_t>(settings.next());
    sum_.zero_b = static_cast<int32_t>(settings.next());
    sum_.sign = static_cast<int32_t>(settings.next());
    sum_.factor_a = factor_of(settings);
    sum_.factor_b = factor_of(settings);
    sum_.factor = factor_of(settings);
    sum_.zero = static_cast<int32_t>(settings.next());
    sum_.low = static_cast<int32_t>(settings.next());
    sum_.high = static_cast<int32_t>(settings.next());
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const int64_t groups = std::max<int64_t>(1, std::min(threads_, sum_.count / kPart));
    in_groups(groups, groups, [&](int64_t k) {
      const int64_t begin = sum_.count * k / groups;
      IntegerSum part = sum_;
      part.count = sum_.count * (k + 1) / groups - begin;
      part.a = static_cast<const int8_t*>(inputs[0]) + begin;
      part.b = static_cast<const int8_t*>(inputs[1]) + begin;
      part.y = static_cast<int8_t*>(outputs[0]) + begin;
      loops().integer_sum(part);
    });
  }

 private:
  IntegerSum sum_{};
  int64_t threads_ = Threads(nullptr).count();
};

// The mean over what lies between the first and the last axis. Settings: what sums of bytes lose, the
// multiplier, the shift and the zero point of the output.
class Mean : public Prepared {
 public:
  Mean(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : batch_(arrays.at(0).dims[0]), channels_(y.size() / batch_),
        rows_(arrays[0].size() / (batch_ * channels_)) {
    offset_ = settings.next();
    multiplier_ = settings.next();
    shift_ = settings.next();
    zero_ = settings.next();
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto* x = static_cast<const int8_t*>(inputs[0]);
    auto* y = static_cast<int8_t*>(outputs[0]);
    std::vector<int32_t> sums(channels_);
    for (int64_t image = 0; image < batch_; ++image) {
      std::fill(sums.begin(), sums.end(), 0);
      for (int64_t row = 0; row < rows_; ++row, x += channels_)
        for (int64_t c = 0; c < channels_; ++c) sums[c] += x[c];
      for (int64_t c = 0; c < channels_; ++c) *y++ = rescaled(sums[c] - offset_);
    }
  }

 private:
  int8_t rescaled(int64_t sum) const {
    const int64_t left = std::max<int64_t>(shift_, 0), right = std::max<int64_t>(-shift_, 0);
    const int64_t moved = static_cast<int32_t>(static_cast<uint32_t>(sum) << left);
    const int64_t high = (moved * multiplier_ + (int64_t{1} << 30)) >> 31;
    const int64_t half = right ? int64_t{1} << (right - 1) : 0;
    const int64_t y = ((high + half - (right && high < 0)) >> right) + zero_;
    return static_cast<int8_t>(std::clamp<int64_t>(y, -128, 127));
  }

  int64_t batch_, channels_, rows_, offset_, multiplier_, shift_, zero_;
};

int64_t high_product(int64_t a, int64_t b) { return (a * b + (int64_t{1} << 30)) >> 31; }

// 1 / a of a number whose first bit of 32 is set, as if it were between 1/2 and 1, with no integer bits:
// Newton's steps from 48/17 - 32/17 a.
int64_t reciprocal(uint32_t a) {
  constexpr int64_t kMost = INT32_MAX, kLeast = INT32_MIN;
  const int64_t half = a >> 1;
  int64_t x = 1515870810 + high_product(half, -1010580540);
  for (int i = 0; i < 3; ++i) {
    const int64_t rest = (int64_t{1} << 29) - high_product(half, x);
    x += std::clamp(high_product(x, rest) * 4, kLeast, kMost);
  }
  return std::min(kMost, x * 2);
}

// Softmax of rows. Arrays: x, and of each difference to the greatest of a row its exponential, and that
// with 12 integer bits, 256 of int32.
class Softmax : public Prepared {
 public:
  Softmax(const std::vector<Array>& arrays, const Array& y, Settings)
      : columns_(y.dims[y.rank - 1]), rows_(y.size() / columns_) {
    for (int i = 0; i < 256; ++i) {
      exps_[i] = static_cast<const int32_t*>(arrays.at(1).data)[i];
      parts_[i] = static_cast<const int32_t*>(arrays.at(2).data)[i];
    }
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto* x = static_cast<const int8_t*>(inputs[0]);
    auto* y = static_cast<int8_t*>(outputs[0]);
    for (int64_t row = 0; row < rows_; ++row, x += columns_, y += columns_) {
      int32_t most = -128;
      for (int64_t i = 0; i < columns_; ++i) most = std::max<int32_t>(most, x[i]);
      int64_t sum = 0;
      for (int64_t i = 0; i < columns_; ++i) sum += parts_[most - x[i]];
      const auto total = static_cast<uint32_t>(sum);
      const int headroom = __builtin_clz(total);  // the greatest of a row adds to it
      const int64_t scale = reciprocal(total << headroom);
      const int shift = 12 - headroom + 31 - 8;
      int8_t of[256];
      // Most rows have fewer elements than there are differences.
      if (columns_ >= 256)
        for (int i = 0; i < 256; ++i) of[i] = output(scale, i, shift);
      for (int64_t i = 0; i < columns_; ++i)
        y[i] = columns_ >= 256 ? of[most - x[i]] : output(scale, most - x[i], shift);
    }
  }

 private:
  int8_t output(int64_t scale, int difference, int shift) const {
    const int64_t product = high_product(scale, exps_[difference]);
    const int64_t half = int64_t{1} << (shift - 1);
    return static_cast<int8_t>(std::min<int64_t>(((product + half) >> shift) - 128, 127));
  }

  int64_t columns_, rows_;
  int32_t exps_[256], parts_[256];
};

// A function of int8 by its 256 values, in order of the unsigned byte.
class Lookup : public Prepared {
 public:
  Lookup(const std::vector<Array>& arrays, const Array& y, Settings) : count_(y.size()) {
    if (arrays.size() != 2 || arrays[1].size() != 256)
      throw std::invalid_argument("expected a table of 256 values");
    std::memcpy(table_, arrays[1].data, 256);
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto* x = static_cast<const uint8_t*>(inputs[0]);
    auto* y = static_cast<int8_t*>(outputs[0]);
    for (int64_t i = 0; i < count_; ++i) y[i] = table_[x[i]];
  }

 private:
  int64_t count_;
  int8_t table_[256];
};

}  // namespace

const Maker kIntegerLookup("integer_lookup", make<Lookup>);
const Maker kIntegerSum("integer_sum", make<Sum>);
const Maker kIntegerMean("integer_mean", make<Mean>);
const Maker kIntegerSoftmax("integer_softmax", make<Softmax>);

}  // namespace tidefall
