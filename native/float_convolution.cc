// Convolutions of floats over images, channels last, whose weights are packed once, with a bias and an
// activation; fully connected layers are those of an image of one column.
//
// Settings: groups, 0 for channels last, then per spatial dimension strides, dilations, padding before
// and after, then the most threads (0 for as many as there are) and the activation (0 none, 1 ReLU, 2
// ReLU6). Arrays: x `[batch, height, width, channels]` of which only the shape is read, weights
// `[*window, channels / groups, filters]`, bias `[filters]`.
//
// Those of single pixels, fully connected layers among them, are products of rows with panels of weights; the
// others are oneDNN's.

#include <algorithm>
#include <cmath>

#include "geometry.h"
#include "loops/loops.h"
#include "prepared.h"
#include "row_product.h"

namespace tidefall {
namespace {

constexpr double kSmall = 1.5e5;
// Multiplications that are not worth another thread.
constexpr int64_t kCacheLine = 16;
constexpr int64_t kBlock = 1 << 16;
// Floats of input and output that are worked on at a time, so that they stay in a processor's cache.

// What both kinds know of their layer.
struct Layer {
  Window g;
  std::vector<int64_t> x, w, y;
  int64_t threads = Threads(nullptr).count(), activation;
  std::vector<float> bias;
  double work;

  Layer(const std::vector<Array>& arrays, const Array& out, Settings& settings) : g(settings, 2) {
    if (arrays.size() != 3 || out.rank != 4) throw std::invalid_argument("expected 3 arrays, of images");
    x.assign(arrays[0].dims, arrays[0].dims + 4);
    w.assign(arrays[1].dims, arrays[1].dims + 4);
    y.assign(out.dims, out.dims + 4);
    if (const int64_t most = settings.next()) threads = std::min(most, threads);
    activation = settings.next();
    bias.assign(arrays[2].floats(), arrays[2].floats() + arrays[2].size());
    work = static_cast<double>(y[1]) * y[2] * arrays[1].size();
  }

  bool is_pointwise() const {
    const int64_t padding = g.before[0] + g.before[1] + g.after[0] + g.after[1];
    return g.groups == 1 && w[0] * w[1] * g.strides[0] * g.strides[1] == 1 && padding == 0;
  }

  // How many threads are worth it.
  int64_t groups(int64_t parts) const {
    if (work < kSmall || threads == 1) return 1;
    return std::max<int64_t>(1, std::min({threads, Threads(nullptr).count(), parts}));
  }
};

// One of single pixels: pixels are rows, whatever image they are of.
class PointwiseConvolution : public Prepared {
 public:
  PointwiseConvolution(Layer layer, const Array& w)
      : l_(std::move(layer)),
        rows_(l_.y[0] * l_.y[1] * l_.y[2]),
        depth_(l_.x[3]),
        filters_(l_.y[3]),
        panels_(panels(filters_)),
        packed_(packed_size(depth_, filters_) + kCacheLine) {
    weights_ = reinterpret_cast<float*>((reinterpret_cast<uintptr_t>(packed_.data()) + 63) / 64 * 64);
    for (int64_t panel = 0; panel < panels_; ++panel)
      pack(panel, depth_, filters_, w.floats(), filters_, 1, weights_);
    block_ = std::max(kBlock / (depth_ + filters_) / kMostTileRows, int64_t{1}) * kMostTileRows;
    l_.work = static_cast<double>(rows_) * w.size();
  }

  // Threads share out the panels where the weights are more than the rows, so that each reads its own, and
  // else the rows.
  void run(const void* const* inputs, void* const* outputs) const override {
    const auto* x = static_cast<const float*>(inputs[0]);
    auto* y = static_cast<float*>(outputs[0]);
    const int64_t by_panels = l_.groups(panels_);
    if (by_panels > 1 && filters_ > rows_ && panels_ % by_panels == 0) {
      in_groups(by_panels, by_panels, [&](int64_t k) {
        run_rows(x, y, 0, rows_, panels_ * k / by_panels, panels_ * (k + 1) / by_panels);
      });
      return;
    }
    const int64_t tiles = (rows_ + kMostTileRows - 1) / kMostTileRows, groups = l_.groups(tiles);
    in_groups(groups, groups, [&](int64_t k) {
      const int64_t begin = tiles * k / groups * kMostTileRows, end = tiles * (k + 1) / groups * kMostTileRows;
      run_rows(x, y, begin, std::min(end, rows_), 0, panels_);
    });
  }

 private:
  void run_rows(const float* x, float* y, int64_t begin, int64_t end, int64_t first, int64_t last) const {
    Strip s{};
    s.depth = s.x_step = depth_;
    s.y_step = filters_;
    s.low = l_.activation == 0 ? -INFINITY : 0.f;
    s.high = l_.activation == 2 ? 6.f : INFINITY;
    for (int64_t row = begin; row < end; row += block_) {
      s.rows = std::min(block_, end - row);
      s.x = x + row * depth_;
      for (int64_t panel = first; panel < last; ++panel) {
        s.panel = weights_ + panel * depth_ * kPanel;
        s.start = l_.bias.data() + panel * kPanel;
        s.y = y + row * filters_ + panel * kPanel;
        s.width = std::min(kPanel, filters_ - panel * kPanel);
        loops().strip(s);
      }
    }
  }

  Layer l_;
  int64_t rows_, depth_, filters_, panels_, block_;
  std::vector<float> packed_;
  float* weights_;
};

// Some rows of the output: the primitive, and its arrays, which are told where their data are in each run.
struct Rows {
  dnnl::primitive primitive;
  Desc packing;
  int64_t first_x, first_y;
  dnnl::memory x, w, bias, y, scratchpad;
  std::unordered_map<int, dnnl::memory> arguments;
};

// Any other. The image is cut by rows of the output.
class WindowConvolution : public Prepared {
 public:
  WindowConvolution(Layer layer, const Array& w) : l_(std::move(layer)) { make_parts(w); }

  void run(const void* const* inputs, void* const* outputs) const override {
    Alone alone;
    const int64_t batch = l_.x[0], count = static_cast<int64_t>(parts_.size());
    const int64_t x_size = l_.x[1] * l_.x[2] * l_.x[3];
    const int64_t y_size = l_.y[1] * l_.y[2] * l_.y[3];
    const int64_t groups = l_.groups(count);
    for (int64_t image = 0; image < batch; ++image) {
      const float* from = static_cast<const float*>(inputs[0]) + image * x_size;
      float* to = static_cast<float*>(outputs[0]) + image * y_size;
      in_groups(groups, count, [&](int64_t i) { run_part(parts_[i], from, to); });
    }
  }

 private:
  void make_parts(const Array& w) {
    const int64_t outs = l_.y[1], filters = l_.y[3];
    const int64_t height = l_.x[1], columns = l_.x[2];
    const int64_t extent = (w.dims[0] - 1) * (l_.g.dilations[0] + 1) + 1;
    const int64_t count = l_.groups(outs);
    const Desc filter = filter_desc(w, l_.g.groups);
    const dnnl::memory given(filter, cpu(), w.data);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t begin = outs * i / count, end = outs * (i + 1) / count;
      Window part = l_.g;
      int64_t top = begin * l_.g.strides[0] - l_.g.before[0];
      int64_t bottom = (end - 1) * l_.g.strides[0] - l_.g.before[0] + extent;
      part.before[0] = std::max<int64_t>(0, -top);
      part.after[0] = std::max<int64_t>(0, bottom - height);
      top = std::max<int64_t>(0, top);
      bottom = std::min(height, bottom);
      if (top >= bottom) throw std::invalid_argument("some outputs see padding only");
      // What is below the last window is not read, but the width is as it is.
      parts_.push_back(part_for(w, filter, given, part, bottom - top, columns, end - begin));
      parts_.back().first_x = top * columns * l_.x[3];
      parts_.back().first_y = begin * l_.y[2] * filters;
    }
  }

  Rows part_for(const Array& w, const Desc& filter, const dnnl::memory& given, const Window& g,
                int64_t height, int64_t columns, int64_t outs) {
    using Type = dnnl::memory::data_type;
    int64_t x_dims[] = {1, height, columns, l_.x[3]}, y_dims[] = {1, outs, l_.y[2], l_.y[3]};
    const Desc x = image_desc({nullptr, x_dims, 4, Kind::f32}, g);
    const Desc y = image_desc({nullptr, y_dims, 4, Kind::f32}, g);
    const Desc any(filter.get_dims(), type_of(w), dnnl::memory::format_tag::any);
    const Desc bias({l_.y[3]}, Type::f32, Dims{1});
    auto attr = shared_attr();
    dnnl::post_ops after;
    if (l_.activation == 1) after.append_eltwise(dnnl::algorithm::eltwise_relu, 0.f, 0.f);
    if (l_.activation == 2) after.append_eltwise(dnnl::algorithm::eltwise_clip, 0.f, 6.f);
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
    part.bias = dnnl::memory(bias, cpu(), l_.bias.data());
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

  Layer l_;
  std::vector<Rows> parts_;
};

std::unique_ptr<Prepared> make_convolution(const std::vector<Array>& arrays, const Array& y,
                                           Settings settings) {
  Layer layer(arrays, y, settings);
  if (layer.is_pointwise()) return std::make_unique<PointwiseConvolution>(std::move(layer), arrays[1]);
  return std::make_unique<WindowConvolution>(std::move(layer), arrays[1]);
}

}  // namespace

const Maker kFloatConvolution("float_convolution", make_convolution);

}  // namespace tidefall

