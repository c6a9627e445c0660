// Convolution and its two gradients over 1, 2 or 3 spatial dimensions.
//
// Settings: groups, 1 for channels first, then per spatial dimension strides, dilations, padding
// before and padding after; for the forward pass what follows too (post_ops.h). Arrays are x
// `[batch, *spatial, channels]`, the filter `[*window, channels / groups, filters]`, for the forward
// pass those of what follows, `[filters]` or like y, and y `[batch, *outs, filters]`; channels may be
// second.
//
// Images with channels last stay as they lie: that measured as fast as oneDNN's own blocked layouts
// and spares two copies. Filters, which are small, and images with channels first take the layout
// that oneDNN likes: for the latter it has no kernels but matmuls over patches.
//
// Work is cut up by images; the filter gradients of the parts are added up in order, so results do
// not depend on which thread was faster. A single image is cut by rows.

#include <algorithm>

#include "geometry.h"
#include "onednn.h"
#include "post_ops.h"
#include "loops/loops.h"

namespace tidefall {
namespace {

constexpr double kSmall = 4e6;
// Multiplications that are not worth another thread.
constexpr int64_t kMostPartials = int64_t{64} << 20;
// Bytes that filter gradients of parts may take.

// The same array, in the layout that oneDNN likes best, and perhaps of another type.
Desc any_layout(const Desc& array, dnnl::memory::data_type type) {
  return Desc(array.get_dims(), type, dnnl::memory::format_tag::any);
}
Desc any_layout(const Desc& array) { return any_layout(array, array.get_data_type()); }

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward_desc(const Desc& x, const Desc& w, const Desc& y,
                                                       const Window& g, const Desc& bias = Desc(),
                                                       const dnnl::post_ops& after = {}) {
  auto attr = shared_attr();
  attr.set_post_ops(after);
  return {cpu(),     dnnl::prop_kind::forward_training, kAlgorithm, x, w, bias, y, g.strides,
          g.dilations, g.before, g.after, attr};
}

// An image as the primitive shall take it.
Desc wanted(const Desc& image, const Window& g) {
  return g.channels_first ? any_layout(image) : image;
}

// A vector for the channels, shaped like an image.
Desc channels_desc(const Array& vector, int64_t rank) {
  Dims dims(rank, 1), strides(rank, 1);
  dims[1] = strides[0] = vector.size();
  return Desc(dims, type_of(vector), strides);
}

// `others` are the arrays of what follows.
Plan forward_plan(const Array& x, const Array& w, const std::vector<Array>& others, const Array& y,
                  const Window& g, const PostOps& after) {
  Desc images = image_desc(x, g), filter = filter_desc(w, g.groups), outs = image_desc(y, g);
  const auto names = after.names();
  if (names.size() != others.size())
    throw std::invalid_argument("expected " + std::to_string(names.size()) +
                                " arrays for what follows, got " + std::to_string(others.size()));
  std::vector<Desc> descs;
  for (const Array& a : others)
    descs.push_back(a.rank == 1 ? channels_desc(a, y.rank) : outs);
  Desc bias;
  if (after.has_bias()) bias = descs[0] = Desc({others[0].size()}, type_of(others[0]), Dims{1});
  auto made = forward_desc(wanted(images, g), any_layout(filter), wanted(outs, g), g, bias,
                           after.made(descs));
  Plan plan(dnnl::convolution_forward(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_SRC, images, made.src_desc());
  plan.reads(DNNL_ARG_WEIGHTS, filter, made.weights_desc());
  plan.writes(DNNL_ARG_DST, outs, made.dst_desc());
  for (size_t i = 0; i < descs.size(); ++i) plan.reads(names[i], descs[i], descs[i]);
  return plan;
}

Plan input_gradient_plan(const Array& dy, const Array& w, const Array& dx, const Window& g) {
  Desc outs = image_desc(dy, g), filter = filter_desc(w, g.groups), images = image_desc(dx, g);
  Desc from = wanted(outs, g), by = any_layout(filter), to = wanted(images, g);
  dnnl::convolution_backward_data::primitive_desc made(
      cpu(), kAlgorithm, to, by, from, g.strides, g.dilations, g.before, g.after,
      forward_desc(to, by, from, g), shared_attr());
  Plan plan(dnnl::convolution_backward_data(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_DIFF_DST, outs, made.diff_dst_desc());
  plan.reads(DNNL_ARG_WEIGHTS, filter, made.weights_desc());
  plan.writes(DNNL_ARG_DIFF_SRC, images, made.diff_src_desc());
  return plan;
}

Plan filter_gradient_plan(const Array& x, const Array& dy, const Array& dw, const Window& g) {
  Desc images = image_desc(x, g), outs = image_desc(dy, g), filter = filter_desc(dw, g.groups);
  Desc from = wanted(images, g), by = wanted(outs, g), to = any_layout(filter);
  dnnl::convolution_backward_weights::primitive_desc made(
      cpu(), kAlgorithm, from, to, by, g.strides, g.dilations, g.before, g.after,
      forward_desc(from, any_layout(to, type_of(x)), by, g), shared_attr());
  Plan plan(dnnl::convolution_backward_weights(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_SRC, images, made.src_desc());
  plan.reads(DNNL_ARG_DIFF_DST, outs, made.diff_dst_desc());
  plan.writes(DNNL_ARG_DIFF_WEIGHTS, filter, made.diff_weights_desc());
  return plan;
}

// Some of the images, or rows of one image: a plan, and the first elements of its part of the two
// arrays.
struct Part {
  std::shared_ptr<const Plan> plan;
  int64_t first = 0, second = 0;
};

// All parts of a convolution, and whether swish comes after each.
struct Forward {
  std::vector<Part> parts;
  bool swish;
};

// An array with another size along one dimension; `dims` keeps the sizes.
Array resized(const Array& a, int dimension, int64_t size, std::vector<int64_t>& dims) {
  dims = std::vector<int64_t>(a.dims, a.dims + a.rank);
  dims[dimension] = size;
  return {a.data, dims.data(), a.rank, a.kind};
}

using MakePlan = std::function<Plan(const Array&, const Array&, const Window&)>;

// Cut two arrays by images into at most `most` parts.
std::vector<Part> cut_images(const Array& a, const Array& b, const Window& g, int64_t most,
                             const MakePlan& make) {
  int64_t batch = a.dims[0], count = std::max<int64_t>(1, std::min(most, batch));
  std::vector<Part> parts;
  std::shared_ptr<const Plan> last;
  int64_t last_size = 0;
  for (int64_t i = 0; i < count; ++i) {
    int64_t begin = batch * i / count, size = batch * (i + 1) / count - begin;
    if (size != last_size) {
      std::vector<int64_t> a_dims, b_dims;
      last = std::make_shared<const Plan>(
          make(resized(a, 0, size, a_dims), resized(b, 0, size, b_dims), g));
      last_size = size;
    }
    parts.push_back({last, a.size() / batch * begin, b.size() / batch * begin});
  }
  return parts;
}

// Cut the convolution of one image by rows of the output.
std::vector<Part> cut_rows(const Array& x, const Array& y, const Window& g, int64_t extent,
                           int64_t most, const MakePlan& make) {
  int64_t rows = x.dims[1], outs = y.dims[1], count = std::min(most, outs);
  std::vector<Part> parts;
  for (int64_t i = 0; i < count; ++i) {
    int64_t begin = outs * i / count, end = outs * (i + 1) / count;
    int64_t top = begin * g.strides[0] - g.before[0];
    int64_t bottom = (end - 1) * g.strides[0] - g.before[0] + extent;
    Window part = g;
    part.before[0] = std::max<int64_t>(0, -top);
    part.after[0] = std::max<int64_t>(0, bottom - rows);
    top = std::max<int64_t>(0, top);
    bottom = std::min(rows, bottom);
    if (top >= bottom) return {};  // rows that see padding only
    std::vector<int64_t> x_dims, y_dims;
    auto plan = std::make_shared<const Plan>(make(
        resized(x, 1, bottom - top, x_dims), resized(y, 1, end - begin, y_dims), part));
    parts.push_back({plan, x.size() / rows * top, y.size() / outs * begin});
  }
  return parts;
}

double multiplications(const Array& y, const Array& w) {
  return static_cast<double>(y.size()) * w.size() / w.dims[w.rank - 1];
}

// The first input is cut, the second is the filter, the output is cut, and so is what is like it. A
// vector serves all parts.
void run_parts(const Call& call, const std::vector<Part>& parts, bool then_swish = false) {
  const Array &from = call.inputs[0], &w = call.inputs[1], &to = call.outputs[0];
  constexpr size_t kFilterSlot = 16;
  std::vector<void*> filters;
  {
    Alone alone;
    for (size_t i = 0; i < parts.size(); ++i)
      filters.push_back(i && parts[i].plan == parts[i - 1].plan
                            ? filters.back()
                            : parts[i].plan->moved(1, w.data, kFilterSlot + i));
  }
  call.threads.run(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    Alone alone;
    std::vector<void*> data{from.at(parts[i].first), filters[i], to.at(parts[i].second)};
    for (size_t k = 2; k < call.inputs.size(); ++k) {
      const Array& other = call.inputs[k];
      data.push_back(other.at(other.rank == 1 ? 0 : parts[i].second));
    }
    parts[i].plan->run(data, 1);
    if (!then_swish) return;
    const int64_t end = i + 1 < static_cast<int64_t>(parts.size()) ? parts[i + 1].second : to.size();
    loops().swish(end - parts[i].second, to.floats() + parts[i].second);
  });
}

int64_t most_parts(const Call& call, double work, int64_t each) {
  return work < kSmall ? 1 : each * call.threads.count();
}

}  // namespace

static void convolution(const Call& call) {
  call.expect(std::max<size_t>(2, call.inputs.size()), 1);
  const Array &x = call.inputs[0], &w = call.inputs[1], &y = call.outputs[0];
  const std::vector<Array> others(call.inputs.begin() + 2, call.inputs.end());
  auto made = kept(plan_key("convolution", call), [&] {
    Alone alone;
    Settings settings(call);
    Window g(settings, y.rank - 2);
    PostOps after(settings);
    const bool then_swish = y.kind == Kind::f32 && after.take_swish();
    auto make = [&](const Array& x, const Array& y, const Window& g) {
      return forward_plan(x, w, others, y, g, after);
    };
    double work = multiplications(y, w);
    if (y.dims[0] == 1 && !g.channels_first) {
      int64_t extent = (w.dims[0] - 1) * (g.dilations[0] + 1) + 1;
      auto rows = cut_rows(x, y, g, extent, most_parts(call, work, 1), make);
      if (!rows.empty()) return Forward{rows, then_swish};
    }
    return Forward{cut_images(x, y, g, most_parts(call, work, 2), make), then_swish};
  });
  run_parts(call, made->parts, made->swish);
}

static void convolution_input_gradient(const Call& call) {
  call.expect(2, 1);
  const Array &dy = call.inputs[0], &w = call.inputs[1], &dx = call.outputs[0];
  auto parts = kept(plan_key("convolution_input_gradient", call), [&] {
    Alone alone;
    auto make = [&w](const Array& dy, const Array& dx, const Window& g) {
      return input_gradient_plan(dy, w, dx, g);
    };
    Settings settings(call);
    return cut_images(dy, dx, Window(settings, dx.rank - 2),
                      most_parts(call, multiplications(dy, w), 2), make);
  });
  run_parts(call, *parts);
}

static void convolution_filter_gradient(const Call& call) {
  call.expect(2, 1);
  const Array &x = call.inputs[0], &dy = call.inputs[1], &dw = call.outputs[0];
  // Halves are added up as floats.
  const bool is_narrow = dw.kind != Kind::f32;
  Array sum{dw.data, dw.dims, dw.rank, Kind::f32};
  size_t size = dw.size(), bytes = size * sum.width();
  auto kept_parts = kept(plan_key("convolution_filter_gradient", call), [&] {
    Alone alone;
    auto make = [&sum](const Array& x, const Array& dy, const Window& g) {
      return filter_gradient_plan(x, dy, sum, g);
    };
    int64_t most = most_parts(call, multiplications(dy, dw), 1);
    most = std::min(most, 1 + kMostPartials / static_cast<int64_t>(bytes));
    Settings settings(call);
    return cut_images(x, dy, Window(settings, dw.rank - 2), most, make);
  });
  const std::vector<Part>& parts = *kept_parts;
  constexpr size_t kPartialSlot = 15;
  const size_t partials = parts.size() - (is_narrow ? 0 : 1);
  std::vector<void*> sums;
  if (!is_narrow) sums.push_back(dw.data);
  char* partial = partials ? static_cast<char*>(scratch(kPartialSlot, bytes * partials)) : nullptr;
  for (size_t i = 0; i < partials; ++i) sums.push_back(partial + bytes * i);
  call.threads.run(static_cast<int64_t>(parts.size()), [&](int64_t i) {
    Alone alone;
    parts[i].plan->run({x.at(parts[i].first), dy.at(parts[i].second), sums[i]});
  });
  float* total = static_cast<float*>(sums[0]);
  for (size_t i = 1; i < parts.size(); ++i) {
    const float* more = static_cast<const float*>(sums[i]);
    for (size_t k = 0; k < size; ++k) total[k] += more[k];
  }
  if (is_narrow) {
    const Dims flat{static_cast<int64_t>(size)};
    Move(Desc(flat, dnnl::memory::data_type::f32, Dims{1}), Desc(flat, type_of(dw), Dims{1}))
        .run(total, dw.data);
  }
}

TIDEFALL_KERNEL(convolution)
TIDEFALL_KERNEL(convolution_input_gradient)
TIDEFALL_KERNEL(convolution_filter_gradient)

}  // namespace tidefall
