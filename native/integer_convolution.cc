// Convolutions and fully connected layers of int8, as TensorFlow Lite's reference kernels round them.
//
// Settings: groups, 0 for channels last, then per spatial dimension strides, dilations, padding before
// and after, then the most threads (0 for as many as there are), the input's zero point, the output's, the
// least and largest output, and whether sums are multiplied by a float64, whose halves multipliers and
// shifts then are. Arrays: x `[batch, height, width, channels]` of which only the shape is read, weights
// `[*window, channels / groups, filters]`, bias, multipliers and shifts, int32, all `[filters]`.
//
// Bytes of the input count as 0 to 255, by adding 128 to each: what that and the zero point add to the
// sums is taken from the bias.

#include <algorithm>
#include <cstring>

#include "geometry.h"
#include "loops/loops.h"
#include "prepared.h"

namespace tidefall {
namespace {

constexpr double kSmall = 1e6;
// Multiplications that are not worth another thread.
constexpr int64_t kBlock = 48 << 10;
// Bytes of windows that are laid out at a time, so that they stay in the cache.
constexpr int64_t kSlack = 64;
// Bytes that short copies may write beyond their end.
constexpr size_t kWindowsSlot = 40, kColumnsSlot = 41, kImageSlot = 42;

// A requantization and what it points to.
class Requantizing {
 public:
  Requantizing(const std::vector<Array>& arrays, int32_t zero_in, Settings& settings) {
    const Array& w = arrays[1];
    const int64_t filters = w.dims[w.rank - 1];
    how_.zero = static_cast<int32_t>(settings.next());
    how_.low = static_cast<int32_t>(settings.next());
    how_.high = static_cast<int32_t>(settings.next());
    const bool is_real = settings.next() != 0;
    const int8_t* weights = static_cast<const int8_t*>(w.data);
    std::vector<int64_t> sums(filters), sizes(filters);
    for (int64_t i = 0; i < w.size(); ++i) {
      sums[i % filters] += weights[i];
      sizes[i % filters] += std::abs(weights[i]);
    }
    for (auto* each : {&bias_, &multipliers_, &shifts_, &rights_, &offsets_})
      each->resize(filters + kSpareChannels);
    how_.is_plain = !is_real;
    for (int64_t c = 0; c < filters; ++c) {
      const int64_t bias = of(arrays[2], c);
      multipliers_[c] = of(arrays[3], c);
      shifts_[c] = of(arrays[4], c);
      bias_[c] = static_cast<int32_t>(bias - (zero_in + 128) * sums[c]);
      const int64_t most = std::abs(bias) + sizes[c] * 256;
      if (shifts_[c] > -1 || shifts_[c] < -22 || most >= int64_t{1} << 30) how_.is_plain = false;
    }
    if (how_.is_plain)
      for (int64_t c = 0; c < filters; ++c) {
        rights_[c] = -shifts_[c];
        offsets_[c] = (int32_t{1} << (rights_[c] - 1)) + how_.zero * (int32_t{1} << rights_[c]);
      }
    if (is_real) {
      reals_.resize(filters);
      for (int64_t c = 0; c < filters; ++c) {
        const int32_t halves[] = {multipliers_[c], shifts_[c]};
        std::memcpy(&reals_[c], halves, sizeof(halves));
      }
      how_.reals = reals_.data();
    }
    how_.bias = bias_.data();
    how_.multipliers = multipliers_.data();
    how_.shifts = shifts_.data();
    how_.rights = rights_.data();
    how_.offsets = offsets_.data();
  }

  const Requantization& how() const { return how_; }

 private:
  static int32_t of(const Array& a, int64_t i) { return static_cast<const int32_t*>(a.data)[i]; }

  Requantization how_{};
  std::vector<int32_t> bias_, multipliers_, shifts_, rights_, offsets_;
  std::vector<double> reals_;
};

// What both kinds of convolution have.
class IntegerConvolution : public Prepared {
 protected:
  IntegerConvolution(const std::vector<Array>& arrays, const Array& y, Settings& settings)
      : g_(settings, 2) {
    if (arrays.size() != 5 || y.rank != 4) throw std::invalid_argument("expected 5 arrays, of images");
    const Array &x = arrays[0], &w = arrays[1];
    batch_ = x.dims[0];
    height_ = x.dims[1];
    width_ = x.dims[2];
    channels_ = x.dims[3];
    rows_ = y.dims[1];
    columns_ = y.dims[2];
    filters_ = y.dims[3];
    window_[0] = w.dims[0];
    window_[1] = w.dims[1];
    depth_ = w.dims[2];
    for (auto& each : g_.dilations) ++each;  // oneDNN's count, which is not wanted here
    if (const int64_t most = settings.next()) threads_ = std::min(most, threads_);
    zero_in_ = static_cast<int8_t>(settings.next());
    requantizing_ = std::make_unique<Requantizing>(arrays, zero_in_, settings);
    work_ = static_cast<double>(rows_) * columns_ * w.size();
  }

  int64_t groups_of_threads(int64_t parts) const {
    return work_ < kSmall ? 1 : std::min({threads_, Threads(nullptr).count(), parts});
  }

  Window g_;
  int64_t batch_, height_, width_, channels_, rows_, columns_, filters_, window_[2], depth_;
  int64_t threads_ = Threads(nullptr).count();
  int8_t zero_in_;
  double work_;
  std::unique_ptr<Requantizing> requantizing_;
  std::vector<int8_t> panels_;
};

// As products of windows and weights. Windows are laid out one after the other, unless they are already.
class DenseConvolution : public IntegerConvolution {
 public:
  DenseConvolution(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : IntegerConvolution(arrays, y, settings) {
    inner_ = window_[0] * window_[1] * depth_;
    step_ = (inner_ + 3) / 4 * 4;
    lies_so_ = g_.groups == 1 && window_[0] == 1 && window_[1] == 1 && g_.strides[0] == 1 &&
               g_.strides[1] == 1 && inner_ == step_ && rows_ == height_ && columns_ == width_;
    const Array& w = arrays[1];
    const int64_t each = filters_ / g_.groups;
    if (each * g_.groups != filters_ || depth_ * g_.groups != channels_)
      throw std::invalid_argument("channels do not fall into so many groups");
    group_bytes_ = loops().integer_panels(inner_, each, &blocks_);
    panels_.resize(group_bytes_ * g_.groups);
    std::vector<int8_t> part(inner_ * each);
    for (int64_t group = 0; group < g_.groups; ++group) {
      for (int64_t k = 0; k < inner_; ++k)
        std::memcpy(&part[k * each], static_cast<const int8_t*>(w.data) + k * filters_ + group * each, each);
      loops().pack_integers(inner_, each, part.data(), &panels_[group * group_bytes_]);
    }
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const int64_t outs = rows_ * columns_, x_size = height_ * width_ * channels_;
    const int64_t pixels = batch_ * outs;
    const int64_t most = std::max<int64_t>(12, kBlock / step_ / 12 * 12);
    const auto* x = static_cast<const int8_t*>(inputs[0]);
    auto* y = static_cast<int8_t*>(outputs[0]);
    const int64_t threads = groups_of_threads(std::max(pixels / 12, blocks_));
    // Few pixels are shared out by filters.
    const bool by_filters = g_.groups == 1 && pixels < 12 * threads;
    const int64_t parts = by_filters ? std::min(threads, blocks_) : threads;
    auto run_group = [&](int64_t k) {
      const int64_t begin = by_filters ? 0 : pixels * k / parts;
      const int64_t end = by_filters ? pixels : pixels * (k + 1) / parts;
      const int64_t first = by_filters ? blocks_ * k / parts : 0;
      const int64_t last = by_filters ? blocks_ * (k + 1) / parts : blocks_;
      for (int64_t at = begin; at < end; at += most)
        run_pixels(x, x_size, y, at, std::min(end, at + most), first, last);
    };
    if (parts <= 1)
      run_group(0);
    else
      Threads(nullptr).run(parts, run_group);
  }

 private:
  void run_pixels(const int8_t* x, int64_t x_size, int8_t* y, int64_t begin, int64_t end, int64_t first,
                  int64_t last) const {
    const int64_t each = filters_ / g_.groups;
    for (int64_t group = 0; group < g_.groups; ++group) {
      IntegerProduct product{end - begin, step_, step_, each, filters_, first, last, nullptr,
                             &panels_[group * group_bytes_], requantizing_->how(),
                             y + begin * filters_ + group * each};
      move_to(product.how, group * each);
      product.x = lies_so_ ? x + begin * channels_ : laid_out(x, x_size, begin, end, group);
      loops().integer_product(product);
    }
  }

  static void move_to(Requantization& how, int64_t channel) {
    for (auto* each : {&how.bias, &how.multipliers, &how.shifts, &how.rights, &how.offsets}) *each += channel;
    if (how.reals) how.reals += channel;
  }

  // Short copies write beyond what is asked for, which the next ones mend.
  static int8_t* copied(int8_t* to, const int8_t* from, int64_t bytes, const int8_t* end) {
    constexpr int64_t kShort = 16, kLong = 256;
    if (bytes <= kShort && from + kShort <= end)
      std::memcpy(to, from, kShort);
    else if (bytes <= kLong && from + bytes + kShort <= end)
      for (int64_t i = 0; i < bytes; i += kShort) std::memcpy(to + i, from + i, kShort);
    else
      std::memcpy(to, from, bytes);
    return to + bytes;
  }

  const int8_t* laid_out(const int8_t* x, int64_t x_size, int64_t begin, int64_t end, int64_t group) const {
    auto* made = static_cast<int8_t*>(scratch(kWindowsSlot, (end - begin) * step_ + kSlack));
    const int64_t line = width_ * channels_, outs = rows_ * columns_;
    const int8_t* limit = x + batch_ * x_size;
    const int64_t run = g_.groups == 1 && g_.dilations[1] == 1 ? window_[1] * channels_ : 0;
    const int8_t* image = x + begin / outs * x_size + group * depth_;
    int64_t out_row = begin % outs / columns_, out_column = begin % columns_;
    for (int64_t pixel = begin; pixel < end; ++pixel, ++out_column) {
      if (out_column == columns_) {
        out_column = 0;
        if (++out_row == rows_) {
          out_row = 0;
          image += x_size;
        }
      }
      const int64_t top = out_row * g_.strides[0] - g_.before[0];
      const int64_t left = out_column * g_.strides[1] - g_.before[1];
      const int64_t right = left + (window_[1] - 1) * g_.dilations[1];
      int8_t* to = made + (pixel - begin) * step_;
      for (int64_t i = 0; i < window_[0]; ++i) {
        const int64_t row = top + i * g_.dilations[0];
        if (row < 0 || row >= height_) {
          std::memset(to, zero_in_, window_[1] * depth_);
          to += window_[1] * depth_;
        } else if (run && left >= 0 && right < width_) {
          to = copied(to, image + row * line + left * channels_, run, limit);
        } else {
          for (int64_t column = left; column <= right; column += g_.dilations[1]) {
            if (column < 0 || column >= width_) {
              std::memset(to, zero_in_, depth_);
              to += depth_;
            } else {
              to = copied(to, image + row * line + column * channels_, depth_, limit);
            }
          }
        }
      }
    }
    return made;
  }

  int64_t inner_, step_, blocks_, group_bytes_;
  bool lies_so_;
};

// Each channel by itself. Where it makes several outputs, it is repeated for them.
class DepthwiseConvolution : public IntegerConvolution {
 public:
  DepthwiseConvolution(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : IntegerConvolution(arrays, y, settings) {
    if (g_.groups != channels_ || depth_ != 1 || filters_ % channels_)
      throw std::invalid_argument("channels are not by themselves");
    panels_.resize(loops().depthwise_panels(window_[0], window_[1], filters_));
    loops().pack_depthwise(window_[0], window_[1], filters_, static_cast<const int8_t*>(arrays[1].data),
                           panels_.data());
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const int64_t lines = batch_ * rows_, threads = groups_of_threads(lines);
    const auto* x = repeated(static_cast<const int8_t*>(inputs[0]));
    auto* y = static_cast<int8_t*>(outputs[0]);
    auto run_group = [&](int64_t k) {
      for (int64_t line = lines * k / threads; line < lines * (k + 1) / threads; ++line) run_line(x, line, y);
    };
    if (threads <= 1)
      run_group(0);
    else
      Threads(nullptr).run(threads, run_group);
  }

 private:
  const int8_t* repeated(const int8_t* x) const {
    const int64_t times = filters_ / channels_, size = batch_ * height_ * width_ * channels_;
    if (times == 1) return x;
    auto* made = static_cast<int8_t*>(scratch(kImageSlot, size * times));
    for (int64_t i = 0; i < size; ++i) std::memset(made + i * times, x[i], times);
    return made;
  }

  void run_line(const int8_t* x, int64_t line, int8_t* y) const {
    const int64_t bytes = width_ * filters_, top = line % rows_ * g_.strides[0] - g_.before[0];
    std::vector<const int8_t*> lines(window_[0]);
    for (int64_t i = 0; i < window_[0]; ++i) {
      const int64_t row = top + i * g_.dilations[0];
      const bool is_inside = row >= 0 && row < height_;
      lines[i] = is_inside ? x + (line / rows_ * height_ + row) * bytes : nullptr;
    }
    IntegerDepthwise row{columns_, filters_, width_, g_.before[1], g_.strides[1], g_.dilations[1],
                         window_[0], window_[1], lines.data(), zero_in_, panels_.data(),
                         requantizing_->how(), nullptr, y + line * columns_ * filters_};
    row.room = static_cast<int8_t*>(scratch(kColumnsSlot, loops().depthwise_room(row)));
    loops().integer_depthwise(row);
  }
};

std::unique_ptr<Prepared> make_convolution(const std::vector<Array>& arrays, const Array& y,
                                           Settings settings) {
  const bool is_depthwise = arrays.size() == 5 && arrays[0].rank == 4 && arrays[1].rank == 4 &&
                            arrays[1].dims[2] == 1 && arrays[0].dims[3] > 1;
  if (is_depthwise) return std::make_unique<DepthwiseConvolution>(arrays, y, settings);
  return std::make_unique<DenseConvolution>(arrays, y, settings);
}

}  // namespace

const Maker kIntegerConvolution("integer_convolution", make_convolution);

}  // namespace tidefall
