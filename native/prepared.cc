// Convolutions whose weights stay the same from call to call, of float32 or int8: their weights are
// packed once, as oneDNN wants them. TensorFlow Lite's models run by these.
//
// Settings: groups, 0 for channels last, then per spatial dimension strides, dilations, padding before
// and after, then the most threads (0 for as many as there are), then for floats the activation (0 none,
// 1 ReLU, 2 ReLU6), for integers the input's zero point, the output's, the least and largest output, and
// whether sums are multiplied by a float64, whose halves multipliers and shifts then are. Arrays: x `[batch, height, width, channels]` of which only the
// shape is read, weights `[*window, channels / groups, filters]`, bias `[filters]` of float32 or int32,
// and for integers multipliers and shifts, int32, scales, bounds and units, float32, all `[filters]`
// (loops.h, Requantization).
//
// Images of integers are padded with their zero point first; what it adds to the sums is taken from
// the bias. Each image is cut by rows of the output, into parts whose sums stay in the cache.

#include <algorithm>
#include <cstring>
#include <mutex>

#include "geometry.h"
#include "loops/loops.h"
#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kMostSums = 384 << 10;
// Bytes of int32 sums of a part.
constexpr double kSmall = 1e6;
// Multiplications that are not worth another thread.
constexpr size_t kPaddedSlot = 40, kSumsSlot = 41;

struct Rows {
  dnnl::primitive primitive;
  Desc x, w, y, bias, scratchpad;
  std::shared_ptr<dnnl::memory> packed;
  int64_t first_x, first_y, rows;
};

constexpr int64_t kPeriod = 512;
// Elements that the values of all channels are repeated to make up, at least.

template <typename T>
std::vector<T> repeated(const Array& a, int64_t times = 1) {
  const T* data = static_cast<const T*>(a.data);
  std::vector<T> made;
  for (int64_t i = 0; i < times; ++i) made.insert(made.end(), data, data + a.size());
  return made;
}

class Prepared {
 public:
  Prepared(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : is_float_(arrays.at(0).kind == Kind::f32), g_(settings, 2) {
    if (arrays.size() != (is_float_ ? 3 : 8) || y.rank != 4)
      throw std::invalid_argument("expected 3 arrays for floats or 8 for integers, of images");
    const Array &x = arrays[0], &w = arrays[1];
    x_dims_.assign(x.dims, x.dims + 4);
    y_dims_.assign(y.dims, y.dims + 4);
    if (const int64_t most = settings.next()) threads_ = std::min(most, threads_);
    if (is_float_) {
      float_bias_ = repeated<float>(arrays[2]);
      activation_ = settings.next();
    } else {
      read_integers(arrays, settings);
    }
    make_parts(w);
  }

  void run(const void* x, void* y) const {
    const int64_t batch = x_dims_[0], count = static_cast<int64_t>(parts_.size());
    const int64_t width = is_float_ ? 4 : 1;
    const int64_t x_size = x_dims_[1] * x_dims_[2] * x_dims_[3];
    const int64_t y_size = y_dims_[1] * y_dims_[2] * y_dims_[3];
    for (int64_t image = 0; image < batch; ++image) {
      const char* from = static_cast<const char*>(x) + image * x_size * width;
      char* to = static_cast<char*>(y) + image * y_size * width;
      const char* given = is_padded_ ? padded(from) : from;
      const Threads pool(nullptr);
      const int64_t groups = work_ < kSmall ? 1 : std::min({threads_, pool.count(), count});
      auto run_group = [&](int64_t k) {
        Alone alone;
        for (int64_t i = count * k / groups; i < count * (k + 1) / groups; ++i)
          run_part(parts_[i], given, to);
      };
      if (groups == 1)
        run_group(0);
      else
        pool.run(groups, run_group);
    }
  }

 private:
  void read_integers(const std::vector<Array>& arrays, Settings& settings) {
    const Array& w = arrays[1];
    const int64_t filters = w.dims[w.rank - 1], times = (kPeriod + filters - 1) / filters;
    how_.period = filters * times;
    bias_ = repeated<int32_t>(arrays[2], times);
    multipliers_ = repeated<int32_t>(arrays[3], times);
    shifts_ = repeated<int32_t>(arrays[4], times);
    scales_ = repeated<float>(arrays[5], times);
    bounds_ = repeated<float>(arrays[6], times);
    units_ = repeated<float>(arrays[7], times);
    zero_in_ = static_cast<int32_t>(settings.next());
    how_.zero = static_cast<int32_t>(settings.next());
    how_.low = static_cast<int32_t>(settings.next());
    how_.high = static_cast<int32_t>(settings.next());
    const bool is_real = settings.next() != 0;
    if (zero_in_) {
      const int8_t* weights = static_cast<const int8_t*>(w.data);
      std::vector<int32_t> sums(filters);
      for (int64_t i = 0; i < w.size(); ++i) sums[i % filters] += weights[i];
      for (int64_t c = 0; c < how_.period; ++c) bias_[c] -= zero_in_ * sums[c % filters];
    }
    if (is_real) {
      reals_.resize(how_.period);
      for (int64_t c = 0; c < how_.period; ++c) {
        const int32_t halves[] = {multipliers_[c], shifts_[c]};
        std::memcpy(&reals_[c], halves, sizeof(halves));
      }
      how_.reals = reals_.data();
    }
    how_.bias = bias_.data();
    how_.multipliers = multipliers_.data();
    how_.shifts = shifts_.data();
    how_.scales = scales_.data();
    how_.bounds = bounds_.data();
    how_.units = units_.data();
    for (int i = 0; i < 2; ++i) {
      before_[i] = g_.before[i];
      after_[i] = g_.after[i];
      if (zero_in_ && (before_[i] || after_[i])) is_padded_ = true;
    }
    if (is_padded_) g_.before = g_.after = Dims{0, 0};
  }

  // An image with its zero point around it.
  const char* padded(const char* x) const {
    const int64_t channels = x_dims_[3], width = x_dims_[2] * channels;
    const int64_t left = before_[1] * channels, right = after_[1] * channels;
    const int64_t row = left + width + right, rows = before_[0] + x_dims_[1] + after_[0];
    char* made = static_cast<char*>(scratch(kPaddedSlot, row * rows));
    char* to = made;
    std::memset(to, zero_in_, before_[0] * row);
    to += before_[0] * row;
    for (int64_t i = 0; i < x_dims_[1]; ++i, x += width, to += row) {
      std::memset(to, zero_in_, left);
      std::memcpy(to + left, x, width);
      std::memset(to + left + width, zero_in_, right);
    }
    std::memset(to, zero_in_, after_[0] * row);
    return made;
  }

  void make_parts(const Array& w) {
    const int64_t outs = y_dims_[1], filters = y_dims_[3];
    int64_t height = x_dims_[1], columns = x_dims_[2];
    if (is_padded_) {
      height += before_[0] + after_[0];
      columns += before_[1] + after_[1];
    }
    work_ = static_cast<double>(outs) * y_dims_[2] * w.size();
    const int64_t extent = (w.dims[0] - 1) * (g_.dilations[0] + 1) + 1;
    const int64_t bytes = outs * y_dims_[2] * filters * 4;
    int64_t count = work_ < kSmall || threads_ == 1 ? 1 : 2 * threads_;
    if (!is_float_) count = std::max(count, (bytes + kMostSums - 1) / kMostSums);
    count = std::min(count, outs);
    const Desc filter = filter_desc(w, g_.groups);
    const dnnl::memory given(filter, cpu(), w.data);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = outs * i / count, end = outs * (i + 1) / count;
      Window part = g_;
      int64_t top = begin * g_.strides[0] - g_.before[0];
      int64_t bottom = (end - 1) * g_.strides[0] - g_.before[0] + extent;
      part.before[0] = std::max<int64_t>(0, -top);
      part.after[0] = std::max<int64_t>(0, bottom - height);
      top = std::max<int64_t>(0, top);
      bottom = std::min(height, bottom);
      if (top >= bottom) throw std::invalid_argument("some outputs see padding only");
      // What is below the last window is not read, but the width is as it is.
      parts_.push_back(part_for(w, filter, given, part, bottom - top, columns, end - begin));
      parts_.back().first_x = top * columns * x_dims_[3];
      parts_.back().first_y = begin * y_dims_[2] * filters;
      parts_.back().rows = (end - begin) * y_dims_[2];
    }
  }

  Rows part_for(const Array& w, const Desc& filter, const dnnl::memory& given, const Window& g,
                int64_t height, int64_t columns, int64_t outs) {
    using Type = dnnl::memory::data_type;
    int64_t x_dims[] = {1, height, columns, x_dims_[3]}, y_dims[] = {1, outs, y_dims_[2], y_dims_[3]};
    const Kind kind = is_float_ ? Kind::f32 : Kind::s8, sums = is_float_ ? Kind::f32 : Kind::s32;
    const Desc x = image_desc({nullptr, x_dims, 4, kind}, g);
    const Desc y = image_desc({nullptr, y_dims, 4, sums}, g);
    const Desc any(filter.get_dims(), type_of(w), dnnl::memory::format_tag::any);
    Desc bias;
    auto attr = shared_attr();
    if (is_float_) {
      bias = Desc({y_dims_[3]}, Type::f32, Dims{1});
      dnnl::post_ops after;
      if (activation_ == 1) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.f, 0.f);
      if (activation_ == 2) after.append_eltwise(dnnl::algorithm::eltwise_clip, 0.f, 6.f);
      attr.set_post_ops(after);
    }
    const dnnl::convolution_forward::primitive_desc made(
        cpu(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x, any, bias,
        y, g.strides, g.dilations, g.before, g.after, attr);
    Rows part{dnnl::convolution_forward(made), x, made.weights_desc(), y, bias,
              made.scratchpad_desc(), nullptr, 0, 0, 0};
    for (const Rows& other : parts_)
      if (other.w == part.w) part.packed = other.packed;
    if (!part.packed) {
      part.packed = std::make_shared<dnnl::memory>(part.w, cpu());
      dnnl::memory from(given);
      dnnl::reorder(from, *part.packed).execute(stream(), from, *part.packed);
      stream().wait();
    }
    return part;
  }

  void run_part(const Rows& part, const char* x, char* y) const {
    const int64_t width = is_float_ ? 4 : 1;
    char* to = y + part.first_y * width;
    void* sums = is_float_ ? to : scratch(kSumsSlot, part.y.get_size());
    std::unordered_map<int, dnnl::memory> memories{
        {DNNL_ARG_SRC, {part.x, cpu(), const_cast<char*>(x) + part.first_x * width}},
        {DNNL_ARG_WEIGHTS, *part.packed},
        {DNNL_ARG_DST, {part.y, cpu(), sums}}};
    if (is_float_)
      memories[DNNL_ARG_BIAS] = {part.bias, cpu(), const_cast<float*>(float_bias_.data())};
    if (size_t bytes = part.scratchpad.get_size())
      memories[DNNL_ARG_SCRATCHPAD] = {part.scratchpad, cpu(), scratch(0, bytes)};
    part.primitive.execute(stream(), memories);
    stream().wait();
    if (!is_float_)
      loops().requantize(part.rows * y_dims_[3], static_cast<const int32_t*>(sums), how_,
                         reinterpret_cast<int8_t*>(to));
  }

  bool is_float_, is_padded_ = false;
  Window g_;
  std::vector<int64_t> x_dims_, y_dims_;
  int64_t activation_ = 0, before_[2] = {}, after_[2] = {};
  int32_t zero_in_ = 0;
  int64_t threads_ = Threads(nullptr).count();
  double work_ = 0;
  std::vector<double> reals_;
  std::vector<float> float_bias_, scales_, bounds_, units_;
  std::vector<int32_t> bias_, multipliers_, shifts_;
  Requantization how_{};
  std::vector<Rows> parts_;
};

}  // namespace
}  // namespace tidefall

using tidefall::Prepared;

// Prepares a convolution; 0 and a handle, or 1.
extern "C" TIDEFALL_VISIBLE int tidefall_prepare(const tidefall::Header* header,
                                                 const tidefall::Given* arrays, void** handle) {
  try {
    tidefall::Alone alone;
    tidefall::Call call{{}, {}, header->settings(), header->n_settings, tidefall::Threads(nullptr)};
    for (int64_t i = 0; i < header->n_inputs; ++i) call.inputs.push_back(arrays++->array());
    *handle = new Prepared(call.inputs, arrays->array(), tidefall::Settings(call));
    return 0;
  } catch (const std::exception& error) {
    return tidefall::failed(error);
  }
}

// Runs it on an array of the shape it was prepared for.
extern "C" TIDEFALL_VISIBLE int tidefall_run_prepared(const void* handle,
                                                      const tidefall::Given* arrays) {
  try {
    static_cast<const Prepared*>(handle)->run(arrays[0].array().data, arrays[1].array().data);
    return 0;
  } catch (const std::exception& error) {
    return tidefall::failed(error);
  }
}

extern "C" TIDEFALL_VISIBLE void tidefall_release_prepared(void* handle) {
  delete static_cast<Prepared*>(handle);
}
