// Float layers whose shapes and weights stay the same from call to call: convolutions whose weights are
// packed once, as oneDNN wants them, sums, pools and softmax.

#include <algorithm>
#include <cmath>
#include <mutex>

#include "geometry.h"
#include "loops/loops.h"
#include "prepared.h"

namespace tidefall {
namespace {

constexpr double kSmall = 1e6;
// Multiplications that are not worth another thread.

// Some rows of the output: the primitive, and its arrays, which are told where their data are in each run.
struct Rows {
  dnnl::primitive primitive;
  Desc packing;
  int64_t first_x, first_y;
  dnnl::memory x, w, bias, y, scratchpad;
  std::unordered_map<int, dnnl::memory> arguments;
};

// A convolution, or a fully connected layer as one of an image of one column.
//
// Settings: groups, 0 for channels last, then per spatial dimension strides, dilations, padding before
// and after, then the most threads (0 for as many as there are) and the activation (0 none, 1 ReLU, 2
// ReLU6). Arrays: x `[batch, height, width, channels]` of which only the shape is read, weights
// `[*window, channels / groups, filters]`, bias `[filters]`. The image is cut by rows of the output.
class FloatConvolution : public Prepared {
 public:
  FloatConvolution(const std::vector<Array>& arrays, const Array& y, Settings settings)
      : g_(settings, 2) {
    if (arrays.size() != 3 || y.rank != 4) throw std::invalid_argument("expected 3 arrays, of images");
    const Array &x = arrays[0], &w = arrays[1];
    x_dims_.assign(x.dims, x.dims + 4);
    y_dims_.assign(y.dims, y.dims + 4);
    if (const int64_t most = settings.next()) threads_ = std::min(most, threads_);
    bias_.assign(arrays[2].floats(), arrays[2].floats() + arrays[2].size());
    activation_ = settings.next();
    make_parts(w);
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    Alone alone;
    const int64_t batch = x_dims_[0], count = static_cast<int64_t>(parts_.size());
    const int64_t x_size = x_dims_[1] * x_dims_[2] * x_dims_[3];
    const int64_t y_size = y_dims_[1] * y_dims_[2] * y_dims_[3];
    const int64_t groups = work_ < kSmall ? 1 : std::min({threads_, Threads(nullptr).count(), count});
    for (int64_t image = 0; image < batch; ++image) {
      const float* from = static_cast<const float*>(inputs[0]) + image * x_size;
      float* to = static_cast<float*>(outputs[0]) + image * y_size;
      in_groups(groups, count, [&](int64_t i) { run_part(parts_[i], from, to); });
    }
  }

 private:
  void make_parts(const Array& w) {
    const int64_t outs = y_dims_[1], filters = y_dims_[3];
    const int64_t height = x_dims_[1], columns = x_dims_[2];
    work_ = static_cast<double>(outs) * y_dims_[2] * w.size();
    const int64_t extent = (w.dims[0] - 1) * (g_.dilations[0] + 1) + 1;
    int64_t count = work_ < kSmall || threads_ == 1 ? 1 : 2 * threads_;
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
    }
  }

  Rows part_for(const Array& w, const Desc& filter, const dnnl::memory& given, const Window& g,
                int64_t height, int64_t columns, int64_t outs) {
    using Type = dnnl::memory::data_type;
    int64_t x_dims[] = {1, height, columns, x_dims_[3]}, y_dims[] = {1, outs, y_dims_[2], y_dims_[3]};
    const Desc x = image_desc({nullptr, x_dims, 4, Kind::f32}, g);
    const Desc y = image_desc({nullptr, y_dims, 4, Kind::f32}, g);
    const Desc any(filter.get_dims(), type_of(w), dnnl::memory::format_tag::any);
    const Desc bias({y_dims_[3]}, Type::f32, Dims{1});
    auto attr = shared_attr();
    dnnl::post_ops after;
    if (activation_ == 1) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.f, 0.f);
    if (activation_ == 2) after.append_eltwise(dnnl::algorithm::eltwise_clip, 0.f, 6.f);
    attr.set_post_ops(after);
    const dnnl::convolution_forward::primitive_desc made(
        cpu(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct, x, any, bias,
        y, g.strides, g.dilations, g.before, g.after, attr);
    Rows part{dnnl::convolution_forward(made), made.weights_desc(), 0, 0, {}, {}, {}, {}, {}, {}};
    for (const Rows& other : parts_)
      if (other.packing == part.packing) part.w = other.w;
    if (!part.w) {
      part.w = dnnl::memory(part.packing, cpu());
      dnnl::memory from(given);
      dnnl::reorder(from, part.w).execute(stream(), from, part.w);
      stream().wait();
    }
    part.x = dnnl::memory(x, cpu(), nullptr);
    part.y = dnnl::memory(y, cpu(), nullptr);
    part.bias = dnnl::memory(bias, cpu(), bias_.data());
    part.arguments = {{DNNL_ARG_SRC, part.x}, {DNNL_ARG_WEIGHTS, part.w}, {DNNL_ARG_BIAS, part.bias},
                      {DNNL_ARG_DST, part.y}};
    if (made.scratchpad_desc().get_size()) {
      part.scratchpad = dnnl::memory(made.scratchpad_desc(), cpu(), nullptr);
      part.arguments[DNNL_ARG_SCRATCHPAD] = part.scratchpad;
    }
    return part;
  }

  void run_part(const Rows& part, const float* x, float* y) const {
    part.x.set_data_handle(const_cast<float*>(x) + part.first_x);
    part.y.set_data_handle(y + part.first_y);
    if (part.scratchpad)
      part.scratchpad.set_data_handle(scratch(0, part.scratchpad.get_desc().get_size()));
    part.primitive.execute(stream(), part.arguments);
    stream().wait();
  }

  Window g_;
  std::vector<int64_t> x_dims_, y_dims_;
  int64_t activation_ = 0, threads_ = Threads(nullptr).count();
  double work_ = 0;
  std::vector<float> bias_;
  std::vector<Rows> parts_;
};

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

const Maker kFloatConvolution("float_convolution", make<FloatConvolution>);
const Maker kFloatSum("float_sum", make<FloatSum>);
const Maker kFloatSoftmax("float_softmax", make<FloatSoftmax>);

}  // namespace tidefall
