// Pools of images, channels last, of float32 and of int8.
//
// Settings: 1 for the greatest or 0 for the mean, then per spatial dimension windows, strides and padding
// before, then the bits of the least and the greatest output, of its kind. Means are of what lies inside.

#include <algorithm>
#include <cstring>

#include "prepared.h"

namespace tidefall {
namespace {

template <typename T>
T limit_of(int64_t bits) {
  if constexpr (sizeof(T) == 1) {
    return static_cast<T>(bits);
  } else {
    const auto low = static_cast<int32_t>(bits);
    T value;
    std::memcpy(&value, &low, sizeof(value));
    return value;
  }
}

template <typename T>
class Pool : public Prepared {
 public:
  Pool(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : batch_(arrays.at(0).dims[0]), height_(arrays[0].dims[1]), width_(arrays[0].dims[2]),
        channels_(arrays[0].dims[3]), rows_(y.dims[1]), columns_(y.dims[2]),
        is_greatest_(settings.next() != 0), window_(settings.next(2)), strides_(settings.next(2)),
        before_(settings.next(2)) {
    low_ = limit_of<T>(settings.next());
    high_ = limit_of<T>(settings.next());
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto* x = static_cast<const T*>(inputs[0]);
    auto* y = static_cast<T*>(outputs[0]);
    std::vector<Total> totals(channels_);
    for (int64_t image = 0; image < batch_; ++image, x += height_ * width_ * channels_)
      for (int64_t row = 0; row < rows_; ++row)
        for (int64_t column = 0; column < columns_; ++column, y += channels_)
          pool(x, row * strides_[0] - before_[0], column * strides_[1] - before_[1], totals.data(), y);
  }

 private:
  using Total = std::conditional_t<sizeof(T) == 1, int32_t, float>;

  void pool(const T* x, int64_t top, int64_t left, Total* __restrict__ totals, T* __restrict__ y) const {
    const int64_t bottom = std::min(top + window_[0], height_), right = std::min(left + window_[1], width_);
    top = std::max<int64_t>(top, 0);
    left = std::max<int64_t>(left, 0);
    const int64_t channels = channels_, count = (bottom - top) * (right - left);
    bool is_first = true;
    for (int64_t row = top; row < bottom; ++row)
      for (int64_t column = left; column < right; ++column, is_first = false) {
        const T* from = x + (row * width_ + column) * channels;
        if (is_greatest_) {
          if (is_first)
            std::memcpy(y, from, channels * sizeof(T));
          else
            for (int64_t c = 0; c < channels; ++c) y[c] = y[c] < from[c] ? from[c] : y[c];
        } else {
          if (is_first)
            for (int64_t c = 0; c < channels; ++c) totals[c] = from[c];
          else
            for (int64_t c = 0; c < channels; ++c) totals[c] += from[c];
        }
      }
    if (!is_greatest_)
      for (int64_t c = 0; c < channels; ++c) {
        if constexpr (sizeof(T) == 1) {
          const int32_t half = static_cast<int32_t>(count / 2), n = static_cast<int32_t>(count);
          const int32_t mean = totals[c] < 0 ? -((half - totals[c]) / n) : (totals[c] + half) / n;
          y[c] = static_cast<T>(std::clamp<int32_t>(mean, low_, high_));
        } else {
          y[c] = totals[c] / static_cast<float>(count);
        }
      }
    for (int64_t c = 0; c < channels; ++c) {
      y[c] = y[c] < low_ ? low_ : y[c];
      y[c] = y[c] > high_ ? high_ : y[c];
    }
  }

  int64_t batch_, height_, width_, channels_, rows_, columns_;
  bool is_greatest_;
  std::vector<int64_t> window_, strides_, before_;
  T low_, high_;
};

std::unique_ptr<Prepared> make_pool(const std::vector<Array>& arrays, const Array& y, Settings settings) {
  if (arrays.size() != 1 || arrays[0].rank != 4 || y.rank != 4)
    throw std::invalid_argument("expected an image");
  if (arrays[0].kind == Kind::s8) return std::make_unique<Pool<int8_t>>(arrays, y, settings);
  return std::make_unique<Pool<float>>(arrays, y, settings);
}

}  // namespace

const Maker kPool("pool", make_pool);

}  // namespace tidefall
