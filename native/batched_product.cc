// Products of many small matrices that may lie anywhere in their arrays, as in attention: heads side
// by side in a row are read and written where they are, where XLA makes a transposed copy of each
// operand and result.
//
// Settings: the count of batch dimensions; for each of them its size and the steps from one matrix
// to the next in a, b and the result; then rows, columns and inner size of the product, the steps of
// a along rows and inner, of b along inner and columns, of the result along rows. Steps are counted
// in elements. Results have their columns side by side; a has its rows or the inner dimension so.

#include <algorithm>

#include "loops/loops.h"
#include "onednn.h"

namespace tidefall {
namespace {

struct Dimension {
  int64_t size, a, b, c;
};

}  // namespace

static void batched_product(const Call& call) {
  call.expect(2, 1);
  Settings settings(call);
  std::vector<Dimension> batch;
  int64_t count = 1;
  for (int64_t left = settings.next(); left; --left) {
    auto v = settings.next(4);
    batch.push_back({v[0], v[1], v[2], v[3]});
    count *= v[0];
  }
  auto v = settings.next(8);
  const SmallProduct whole{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7],
                      call.inputs[0].floats(), call.inputs[1].floats(),
                      call.outputs[0].floats(), nullptr};
  if (whole.a_inner != 1 && whole.a_row != 1)
    throw std::invalid_argument("neither rows nor inner dimension of a lie side by side");
  const int64_t parts = std::min(count, 4 * call.threads.count());
  call.threads.run(parts, [&](int64_t part) {
    SmallProduct g = whole;
    g.panel = static_cast<float*>(
        scratch(0, sizeof(float) * kWidestTile * (g.inner + kMostTileRows)));
    for (int64_t at = count * part / parts; at < count * (part + 1) / parts; ++at) {
      int64_t rest = at, a = 0, b = 0, c = 0;
      for (auto d = batch.rbegin(); d != batch.rend(); ++d) {
        const int64_t i = rest % d->size;
        rest /= d->size;
        a += i * d->a;
        b += i * d->b;
        c += i * d->c;
      }
      g.a = whole.a + a;
      g.b = whole.b + b;
      g.c = whole.c + c;
      loops().multiply_small(g);
    }
  });
}

TIDEFALL_KERNEL(batched_product)

}  // namespace tidefall
