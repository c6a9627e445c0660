// Convolution and its two gradients over 1, 2 or 3 spatial dimensions.
//
// Settings: groups, 1 for channels first, then per spatial dimension strides, dilations, padding
// before and padding after. Arrays are x `[batch, *spatial, channels]`, the filter
// `[*window, channels / groups, filters]` and y `[batch, *outs, filters]`; channels may be second.
//
// Images with channels last stay as they lie: that measured as fast as oneDNN's own blocked layouts
// and spares two copies. Filters, which are small, and images with channels first take the layout
// that oneDNN likes: for the latter it has no kernels but matmuls over patches.

#include "onednn.h"

namespace tidefall {
namespace {

struct Window {
  int64_t groups;
  bool channels_first;
  Dims strides, dilations, before, after;

  Window(Settings settings, int64_t rank)
      : groups(settings.next()),
        channels_first(settings.next() != 0),
        strides(settings.next(rank)),
        dilations(settings.next(rank)),
        before(settings.next(rank)),
        after(settings.next(rank)) {
    for (auto& d : dilations) d -= 1;  // oneDNN counts the gaps
  }
};

// An image as oneDNN counts it, channels second.
Desc image_desc(const Array& a, const Window& g) {
  if (g.channels_first) {
    Dims dims(a.dims, a.dims + a.rank), strides(a.rank, 1);
    for (int i = a.rank - 2; i >= 0; --i) strides[i] = strides[i + 1] * dims[i + 1];
    return Desc(dims, type_of(a), strides);
  }
  Dims dims{a.dims[0], a.dims[a.rank - 1]}, strides(a.rank, 1);
  dims.insert(dims.end(), a.dims + 1, a.dims + a.rank - 1);
  int64_t step = dims[1];
  for (int i = a.rank - 1; i >= 2; --i) {
    strides[i] = step;
    step *= dims[i];
  }
  strides[0] = step;
  return Desc(dims, type_of(a), strides);
}

// `[*window, channels / groups, filters]` as [groups,] filters / groups, channels / groups, window.
Desc filter_desc(const Array& a, int64_t groups) {
  int64_t channels = a.dims[a.rank - 2], filters = a.dims[a.rank - 1];
  Dims dims{filters / groups, channels}, strides{1, filters};
  int64_t step = channels * filters;
  Dims windows(a.dims, a.dims + a.rank - 2), steps(windows.size());
  for (int i = static_cast<int>(windows.size()) - 1; i >= 0; --i) {
    steps[i] = step;
    step *= windows[i];
  }
  dims.insert(dims.end(), windows.begin(), windows.end());
  strides.insert(strides.end(), steps.begin(), steps.end());
  if (groups > 1) {
    dims.insert(dims.begin(), groups);
    strides.insert(strides.begin(), filters / groups);
  }
  return Desc(dims, type_of(a), strides);
}

// The same array, in the layout that oneDNN likes best.
Desc any_layout(const Desc& array) {
  return Desc(array.get_dims(), array.get_data_type(), dnnl::memory::format_tag::any);
}

constexpr auto kAlgorithm = dnnl::algorithm::convolution_direct;

dnnl::convolution_forward::primitive_desc forward_desc(const Desc& x, const Desc& w, const Desc& y,
                                                       const Window& g) {
  return {cpu(), dnnl::prop_kind::forward_training, kAlgorithm, x, w, y, g.strides, g.dilations,
          g.before, g.after, shared_attr()};
}

// An image as the primitive shall take it.
Desc wanted(const Desc& image, const Window& g) {
  return g.channels_first ? any_layout(image) : image;
}

Plan forward_plan(const Call& call, const Window& g) {
  Desc x = image_desc(call.inputs[0], g), w = filter_desc(call.inputs[1], g.groups);
  Desc y = image_desc(call.outputs[0], g);
  auto made = forward_desc(wanted(x, g), any_layout(w), wanted(y, g), g);
  Plan plan(dnnl::convolution_forward(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_SRC, x, made.src_desc());
  plan.reads(DNNL_ARG_WEIGHTS, w, made.weights_desc());
  plan.writes(DNNL_ARG_DST, y, made.dst_desc());
  return plan;
}

Plan input_gradient_plan(const Call& call, const Window& g) {
  Desc dy = image_desc(call.inputs[0], g), w = filter_desc(call.inputs[1], g.groups);
  Desc dx = image_desc(call.outputs[0], g);
  dnnl::convolution_backward_data::primitive_desc made(
      cpu(), kAlgorithm, wanted(dx, g), any_layout(w), wanted(dy, g), g.strides, g.dilations,
      g.before, g.after, forward_desc(wanted(dx, g), any_layout(w), wanted(dy, g), g),
      shared_attr());
  Plan plan(dnnl::convolution_backward_data(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_DIFF_DST, dy, made.diff_dst_desc());
  plan.reads(DNNL_ARG_WEIGHTS, w, made.weights_desc());
  plan.writes(DNNL_ARG_DIFF_SRC, dx, made.diff_src_desc());
  return plan;
}

Plan filter_gradient_plan(const Call& call, const Window& g) {
  Desc x = image_desc(call.inputs[0], g), dy = image_desc(call.inputs[1], g);
  Desc dw = filter_desc(call.outputs[0], g.groups);
  dnnl::convolution_backward_weights::primitive_desc made(
      cpu(), kAlgorithm, wanted(x, g), any_layout(dw), wanted(dy, g), g.strides, g.dilations,
      g.before, g.after, forward_desc(wanted(x, g), any_layout(dw), wanted(dy, g), g),
      shared_attr());
  Plan plan(dnnl::convolution_backward_weights(made), made.scratchpad_desc());
  plan.reads(DNNL_ARG_SRC, x, made.src_desc());
  plan.reads(DNNL_ARG_DIFF_DST, dy, made.diff_dst_desc());
  plan.writes(DNNL_ARG_DIFF_WEIGHTS, dw, made.diff_weights_desc());
  return plan;
}

using MakePlan = Plan (*)(const Call&, const Window&);

void run(const char* name, const Call& call, MakePlan make) {
  call.expect(2, 1);
  auto plan = kept_plan(plan_key(name, call), [&] {
    return make(call, Window(Settings(call), call.outputs[0].rank - 2));
  });
  plan->run({call.inputs[0].data, call.inputs[1].data, call.outputs[0].data});
}

}  // namespace

static void convolution(const Call& call) { run("convolution", call, forward_plan); }
static void convolution_input_gradient(const Call& call) {
  run("convolution_input_gradient", call, input_gradient_plan);
}
static void convolution_filter_gradient(const Call& call) {
  run("convolution_filter_gradient", call, filter_gradient_plan);
}

TIDEFALL_KERNEL(convolution)
TIDEFALL_KERNEL(convolution_input_gradient)
TIDEFALL_KERNEL(convolution_filter_gradient)

}  // namespace tidefall
