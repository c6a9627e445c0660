// The filter's gradient of a depthwise convolution of pictures with channels last, one filter for
// each channel. oneDNN's takes ten times as long.
//
// Settings: strides, dilations, padding before. Arrays are x `[batch, height, width, channels]`, dy
// `[batch, out height, out width, channels]` and dw `[window height, window width, channels]`.
//
// An element of dw is a sum of products of rows of x and dy. One row of results at a time is added
// up in float, some channels at once, and then added to what its part of the rows has. The parts are
// added up in order, so results do not depend on which thread was faster.

#include <algorithm>

#include "loops/loops.h"
#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kLeast = 1 << 18;
// Multiplications that are worth a thread.
constexpr int64_t kWide = 64;
// Channels at a time: their rows stay in the cache.

// One spatial dimension.
struct Axis {
  int64_t size, outs, window, stride, dilation, before;

  // The results whose windows have their element `k` inside the picture: [first, end).
  int64_t first(int64_t k) const {
    int64_t missing = before - k * dilation;
    return std::min(outs, missing > 0 ? (missing + stride - 1) / stride : 0);
  }
  int64_t end(int64_t k) const {
    int64_t room = size - 1 + before - k * dilation;
    return room < 0 ? 0 : std::min(outs, room / stride + 1);
  }
  int64_t at(int64_t out, int64_t k) const { return out * stride + k * dilation - before; }
};

struct Shape {
  Axis rows, columns;
  int64_t batch, channels;

  explicit Shape(const Call& call) {
    const Array &x = call.inputs[0], &dy = call.inputs[1], &dw = call.outputs[0];
    if (x.rank != 4 || dy.rank != 4 || dw.size() != dw.dims[0] * dw.dims[1] * x.dims[3] ||
        dy.dims[0] != x.dims[0] || dy.dims[3] != x.dims[3])
      throw std::invalid_argument("expected pictures with one filter for each channel");
    Settings settings(call);
    Dims strides = settings.next(2), dilations = settings.next(2), before = settings.next(2);
    auto axis = [&](int i) {
      return Axis{x.dims[i + 1], dy.dims[i + 1], dw.dims[i], strides[i], dilations[i], before[i]};
    };
    rows = axis(0), columns = axis(1);
    batch = x.dims[0], channels = x.dims[3];
  }

  // Adds what a row of results has for some channels of a row of the window.
  void add(const float* x, const float* dy, int64_t count, float* to) const {
    for (int64_t j = 0; j < columns.window; ++j) {
      int64_t first = columns.first(j), size = columns.end(j) - first;
      loops().add_filter_row(x + columns.at(first, j) * channels, columns.stride * channels,
                             dy + first * channels, channels, size, count, to + j * channels);
    }
  }

  // Adds a row of results: the `row`-th, those of all pictures counted through.
  void add_row(const float* x, const float* dy, int64_t row, float* to) const {
    int64_t image = row / rows.outs, out = row % rows.outs;
    dy += row * columns.outs * channels;
    x += image * rows.size * columns.size * channels;
    for (int64_t c = 0, count; c < channels; c += count) {
      count = std::min(channels - c, kWide);
      for (int64_t k = 0; k < rows.window; ++k) {
        int64_t y = rows.at(out, k);
        if (y >= 0 && y < rows.size)
          add(x + y * columns.size * channels + c, dy + c, count,
              to + k * columns.window * channels + c);
      }
    }
  }
};

}  // namespace

static void depthwise_filter_gradient(const Call& call) {
  call.expect(2, 1);
  Shape shape(call);
  const float *x = call.inputs[0].floats(), *dy = call.inputs[1].floats();
  const int64_t size = call.outputs[0].size(), rows = shape.batch * shape.rows.outs;
  const int64_t work = call.inputs[1].size() * shape.rows.window * shape.columns.window;
  int64_t parts = std::min({rows, call.threads.count(), std::max<int64_t>(1, work / kLeast)});
  float* total = call.outputs[0].floats();
  auto* others = static_cast<float*>(scratch(0, sizeof(float) * size * parts));
  call.threads.run(parts, [&](int64_t part) {
    float* to = part ? others + part * size : total;
    std::fill(to, to + size, 0.f);
    for (int64_t row = rows * part / parts; row < rows * (part + 1) / parts; ++row)
      shape.add_row(x, dy, row, to);
  });
  for (int64_t part = 1; part < parts; ++part)
    for (int64_t i = 0; i < size; ++i) total[i] += others[part * size + i];
}

TIDEFALL_KERNEL(depthwise_filter_gradient)

}  // namespace tidefall
