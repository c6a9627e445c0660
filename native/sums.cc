// Sums over the middle of an array: of its elements, of their products with those of another one, or
// of their squared differences from a centre.
//
// Settings: which of the three, and the sizes of the array as it is read, `[outer, rows, channels]`.
// The second array of a product is as large; centres and results are `[outer, channels]`. XLA sums
// each channel by itself, with a stride, at a tenth of the memory's speed; here rows are added to
// each other as they come.
//
// Some rows at a time are added up in float, and those sums in double. Work is cut up by rows, and
// the parts are put together in order, so results do not depend on which thread was faster.

#include <algorithm>

#include "loops/loops.h"
#include "onednn.h"

namespace tidefall {
namespace {

constexpr int64_t kLeast = 1 << 16;
// Elements that are worth a thread.
constexpr int64_t kWide = 256;
// Channels that are worth a loop: of fewer, several rows are read as one.
constexpr int64_t kRows = 64;
// Rows that are added up in float.

enum class What : int64_t { elements = 0, products = 1, squares = 2 };

// Rows of an array that lie behind each other, and of the one that goes with it: their factors, or
// one row, the centres.
struct Rows {
  const float* x;
  const float* y;
  int64_t count;
};

// Adds rows, read as rows of `width`, a multiple of the channels, to the totals.
void add_wide(What what, const Rows& rows, int64_t width, int64_t channels, double* totals,
              float* sums) {
  for (int64_t done = 0; done < rows.count; done += kRows) {
    int64_t count = std::min(kRows, rows.count - done), at = done * width;
    std::fill(sums, sums + width, 0.f);
    if (what == What::products)
      loops().add_products(rows.x + at, rows.y + at, count, width, sums);
    else if (what == What::squares)
      loops().add_squares(rows.x + at, rows.y, count, width, sums);
    else
      loops().add_rows(rows.x + at, count, width, sums);
    for (int64_t i = 0; i < width; i += channels)
      for (int64_t c = 0; c < channels; ++c) totals[c] += sums[i + c];
  }
}

void sum_part(What what, Rows rows, int64_t channels, double* totals) {
  int64_t fold = std::max<int64_t>(1, kWide / channels), width = fold * channels;
  int64_t wide = rows.count / fold, at = wide * width;
  auto* sums = static_cast<float*>(scratch(1, 2 * sizeof(float) * width));
  if (what == What::squares) {
    float* centres = sums + width;
    for (int64_t i = 0; i < width; i += channels)
      std::copy(rows.y, rows.y + channels, centres + i);
    rows.y = centres;
  }
  std::fill(totals, totals + channels, 0.);
  add_wide(what, {rows.x, rows.y, wide}, width, channels, totals, sums);
  const float* rest = what == What::products ? rows.y + at : rows.y;
  add_wide(what, {rows.x + at, rest, rows.count - wide * fold}, channels, channels, totals, sums);
}

// How the rows of an array are cut up: by what is summed apart, and that into pieces.
struct Cut {
  What what;
  int64_t outer, rows, channels, pieces;

  explicit Cut(const Call& call) {
    Settings settings(call);
    what = static_cast<What>(settings.next());
    outer = settings.next(), rows = settings.next(), channels = settings.next();
    call.expect(what == What::elements ? 1 : 2, 1);
    int64_t size = outer * rows * channels, results = outer * channels;
    int64_t second = what == What::products ? size : results;
    if (call.inputs[0].size() != size || call.outputs[0].size() != results ||
        (what != What::elements && call.inputs[1].size() != second))
      throw std::invalid_argument("the arrays are not of the sizes in the settings");
    int64_t most = std::min(size / kLeast, 2 * call.threads.count());
    pieces = std::max<int64_t>(1, std::min(most / outer, rows));
  }
  int64_t parts() const { return outer * pieces; }
  // The first row of a part, all rows counted through; it ends where the next one starts.
  int64_t start(int64_t part) const { return part / pieces * rows + part % pieces * rows / pieces; }
};

}  // namespace

static void middle_sums(const Call& call) {
  Cut cut(call);
  int64_t channels = cut.channels, parts = cut.parts();
  auto* totals = static_cast<double*>(scratch(0, sizeof(double) * channels * parts));
  auto sum = [&](int64_t part) {
    int64_t start = cut.start(part), count = cut.start(part + 1) - start;
    Rows rows{call.inputs[0].floats() + start * channels, nullptr, count};
    if (cut.what != What::elements) {
      int64_t at = cut.what == What::products ? start : part / cut.pieces;
      rows.y = call.inputs[1].floats() + at * channels;
    }
    sum_part(cut.what, rows, channels, totals + part * channels);
  };
  int64_t most = std::max<int64_t>(1, call.inputs[0].size() / kLeast);
  int64_t groups = std::min({parts, most, 2 * call.threads.count()});
  call.threads.run(groups, [&](int64_t group) {
    for (int64_t i = parts * group / groups; i < parts * (group + 1) / groups; ++i) sum(i);
  });
  float* to = call.outputs[0].floats();
  for (int64_t o = 0; o < cut.outer; ++o, to += channels, totals += cut.pieces * channels) {
    for (int64_t part = 1; part < cut.pieces; ++part)
      for (int64_t c = 0; c < channels; ++c) totals[c] += totals[part * channels + c];
    std::copy(totals, totals + channels, to);
  }
}

TIDEFALL_KERNEL(middle_sums)

}  // namespace tidefall
