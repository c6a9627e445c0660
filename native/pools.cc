// Pools of images, channels last, of float32 and of int8.
//
// Settings: 1 for the greatest or 0 for the mean, then per spatial dimension windows, strides and padding
// before, then the bits of the least and the greatest output, of its kind. Means are of what lies inside.

#include <algorithm>
#include <cstring>

#include "loops/loops.h"
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
    const int64_t channels = channels_, rows = bottom - top, columns = right - left, row_step = width_ * channels;
    x += top * row_step + left * channels;
    if (is_greatest_) {
      if constexpr (sizeof(T) == 1)
        loops().greatest_bytes(x, rows, row_step, columns, channels, low_, high_, y);
      else
        loops().greatest(x, rows, row_step, columns, channels, low_, high_, y);
      return;
    }
    std::fill_n(totals, channels, Total{});
    for (int64_t row = 0; row < rows; ++row)
      for (const T *from = x + row * row_step, *end = from + columns * channels; from < end; from += channels)
        for (int64_t c = 0; c < channels; ++c) totals[c] += from[c];
    for (int64_t c = 0; c < channels; ++c) y[c] = std::clamp(mean(totals[c], rows * columns), low_, high_);
  }

  static T mean(Total total, int64_t count) {
    if constexpr (sizeof(T) == 1) {
      const int32_t half = static_cast<int32_t>(count / 2), n = static_cast<int32_t>(count);
      return static_cast<T>(total < 0 ? -((half - total) / n) : (total + half) / n);
    } else {
      return total / static_cast<float>(count);
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
