// Layers of TensorFlow Lite's models whose shapes, weights and settings stay the same from call to call:
// what depends on them is made once. A sequence runs many, one after the other.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "onednn.h"

namespace tidefall {

class Prepared {
 public:
  virtual ~Prepared() = default;

  // Runs it on arrays of the shapes it was made for; one run of an object at a time.
  virtual void run(const void* const* inputs, void* const* outputs) const = 0;
};

using Make = std::unique_ptr<Prepared> (*)(const std::vector<Array>& inputs, const Array& output,
                                           Settings settings);

// Makes a kind of layer known by its name.
struct Maker {
  Maker(const char* name, Make make);
};

template <typename T>
std::unique_ptr<Prepared> make(const std::vector<Array>& inputs, const Array& output, Settings settings) {
  return std::make_unique<T>(inputs, output, settings);
}

// Calls work(0) ... work(count - 1), in as many threads as there are groups.
inline void in_groups(int64_t groups, int64_t count, const std::function<void(int64_t)>& work) {
  if (groups <= 1) {
    for (int64_t i = 0; i < count; ++i) work(i);
    return;
  }
  Threads(nullptr).run(groups, [&](int64_t k) {
    Alone alone;
    for (int64_t i = count * k / groups; i < count * (k + 1) / groups; ++i) work(i);
  });
}

}  // namespace tidefall
