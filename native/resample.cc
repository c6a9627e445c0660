// Resizing pictures: each output position of an axis is a weighted sum of a few input positions.
//
// Inputs: the pictures `[batch, height, width, channels]`, uint8 or float32; for the rows and then
// for the columns the sources of each output position, `[outputs, taps]`: positions (int32) and
// weights (float32). Output: `[batch, new height, new width, channels]`, float32.
//
// Settings: whether rows are done before columns, and for each axis whether it blends.
//
// prepare_pictures does more with each row while it is in the cache. Its last input has an operand for
// each step and channel, float32 `[steps, channels]`. Settings: as above; then the steps, which are
// applied to all elements in turn: operations of `RowOp`, each with whether the element comes second.
//
// Between the two axes, what is in the making stays in the cache.

#include <algorithm>
#include <vector>

#include "loops/loops.h"
#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kLeast = 1 << 16;
// Output elements that are worth a thread.

// What is done with the rows of a result.
struct Finish {
  struct Step {
    RowOp op;
    bool swapped;
    const float* operand;  // for a whole row
  };
  std::vector<Step> steps;
  std::vector<float> operands;

  // Makes a row of `n` elements and finishes it at its place.
  template <typename Make>
  void row(int64_t n, float* place, Make make) const {
    if (steps.empty()) return make(place);
    float* aside[] = {static_cast<float*>(scratch(1, sizeof(float) * 2 * n)), nullptr};
    aside[1] = aside[0] + n;
    float* row = aside[0];
    make(row);
    for (size_t k = 0; k < steps.size(); ++k) {
      const Step& step = steps[k];
      float* to = k + 1 < steps.size() ? aside[row == aside[0]] : place;
      loops().row_op(step.op, n, to, step.swapped ? step.operand : row,
                     step.swapped ? row : step.operand, nullptr);
      row = to;
    }
  }
};

Sources sources_of(const Array& index, const Array& weight, bool blends, int64_t size) {
  if (index.kind != Kind::s32 || weight.kind != Kind::f32 || index.rank != 2 ||
      index.size() != weight.size() || (index.dims[1] != 2 && (blends || index.dims[1] < 1)))
    throw std::invalid_argument("positions and weights do not go together");
  const auto* positions = static_cast<const int32_t*>(index.data);
  for (int64_t i = 0; i < index.size(); ++i)
    if (positions[i] < 0 || positions[i] >= size)
      throw std::invalid_argument("a position is outside of the axis");
  return {positions, weight.floats(), index.dims[0], index.dims[1], size, 0, blends};
}

struct Picture {
  int64_t width, channels;
  Sources rows, columns;
  bool rows_first;
  Finish finish;

  // Output rows `begin` to `end`.
  template <typename T>
  void resize(const T* x, int64_t begin, int64_t end, float* to) const {
    const int64_t line = width * channels, new_line = columns.outputs * channels;
    auto finished = [&](int64_t i, auto make) {
      finish.row(new_line, to + i * new_line, make);
    };
    if (rows_first) {
      auto* mixed = static_cast<float*>(scratch(0, sizeof(float) * line));
      for (int64_t i = begin; i < end; ++i) {
        mix_rows(rows, i, x, line, mixed);
        finished(i, [&](float* row) { loops().mix_columns(columns, mixed, channels, row); });
      }
      return;
    }
    // The rows that these outputs are made of, which lie between two.
    const int32_t* from = rows.index + begin * rows.taps;
    const auto bounds = std::minmax_element(from, rows.index + end * rows.taps);
    const int64_t first = *bounds.first, last = *bounds.second;
    auto* mixed = static_cast<float*>(scratch(0, sizeof(float) * (last - first + 1) * new_line));
    for (int64_t i = first; i <= last; ++i)
      mix_columns(x + i * line, mixed + (i - first) * new_line);
    Sources strip = rows;
    strip.origin = first;
    for (int64_t i = begin; i < end; ++i)
      finished(i, [&](float* row) { mix_rows(strip, i, mixed, new_line, row); });
  }

 private:
  void mix_columns(const uint8_t* x, float* to) const {
    loops().mix_byte_columns(columns, x, channels, to);
  }
  void mix_columns(const float* x, float* to) const {
    loops().mix_columns(columns, x, channels, to);
  }
  static void mix_rows(const Sources& rows, int64_t i, const uint8_t* x, int64_t n, float* to) {
    loops().mix_byte_rows(rows, i, x, n, to);
  }
  static void mix_rows(const Sources& rows, int64_t i, const float* x, int64_t n, float* to) {
    loops().mix_rows(rows, i, x, n, to);
  }
};

void run(const Call& call, const Picture& picture) {
  const Array &x = call.inputs[0], &y = call.outputs[0];
  const int64_t batch = x.dims[0], size = x.dims[1] * x.dims[2] * x.dims[3];
  const int64_t height = picture.rows.outputs;
  const int64_t new_size = height * picture.columns.outputs * picture.channels;
  if (y.size() != batch * new_size)
    throw std::invalid_argument("the result has another size than the positions say");
  if (!y.size()) return;
  const int64_t most = std::min(2 * call.threads.count(), 1 + y.size() / kLeast);
  const int64_t strips = std::clamp<int64_t>(most / batch, 1, height), parts = batch * strips;
  const int64_t groups = std::min(parts, most);
  call.threads.run(groups, [&](int64_t group) {
    for (int64_t one = parts * group / groups; one < parts * (group + 1) / groups; ++one) {
      const int64_t number = one / strips, strip = one % strips;
      const int64_t begin = height * strip / strips, end = height * (strip + 1) / strips;
      float* to = y.floats() + number * new_size;
      if (x.kind == Kind::u8)
        picture.resize(static_cast<const uint8_t*>(x.data) + number * size, begin, end, to);
      else
        picture.resize(x.floats() + number * size, begin, end, to);
    }
  });
}

Finish finish_of(Settings& settings, const Array& operands, int64_t channels, int64_t positions) {
  Finish finish;
  while (!settings.done()) {
    const auto op = static_cast<RowOp>(settings.next());
    if (op < RowOp::add || op > RowOp::div) throw std::invalid_argument("no such step");
    finish.steps.push_back({op, settings.next() != 0, nullptr});
  }
  const auto count = static_cast<int64_t>(finish.steps.size());
  if (operands.kind != Kind::f32 || operands.size() != count * channels)
    throw std::invalid_argument("there is one operand for each step and channel");
  const int64_t line = positions * channels;
  finish.operands.resize(count * line);
  for (int64_t k = 0; k < count; ++k) {
    float* to = finish.operands.data() + k * line;
    for (int64_t i = 0; i < line; ++i) to[i] = operands.floats()[k * channels + i % channels];
    finish.steps[k].operand = to;
  }
  return finish;
}

}  // namespace

static void resize(const Call& call, bool has_finish) {
  Settings settings(call);
  const bool rows_first = settings.next(), rows_blend = settings.next();
  const bool columns_blend = settings.next();
  const Array &x = call.inputs[0], &y = call.outputs[0];
  if (x.rank != 4 || y.rank != 4 || y.kind != Kind::f32)
    throw std::invalid_argument("pictures have four dimensions, and results are float32");
  if (x.kind != Kind::u8 && x.kind != Kind::f32)
    throw std::invalid_argument("pictures are of uint8 or float32");
  Picture picture{x.dims[2], x.dims[3],
                  sources_of(call.inputs[1], call.inputs[2], rows_blend, x.dims[1]),
                  sources_of(call.inputs[3], call.inputs[4], columns_blend, x.dims[2]),
                  rows_first, Finish()};
  if (has_finish)
    picture.finish = finish_of(settings, call.inputs[5], x.dims[3], picture.columns.outputs);
  run(call, picture);
}

static void resample(const Call& call) {
  call.expect(5, 1);
  resize(call, false);
}

static void prepare_pictures(const Call& call) {
  call.expect(6, 1);
  resize(call, true);
}

TIDEFALL_KERNEL(resample)
TIDEFALL_KERNEL(prepare_pictures)

}  // namespace tidefall
