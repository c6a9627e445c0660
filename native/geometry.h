// How the arrays of a convolution lie, and where its windows are.

#pragma once

#include "onednn.h"

namespace tidefall {

struct Window {
  int64_t groups;
  bool channels_first;
  Dims strides, dilations, before, after;

  Window(Settings& settings, int64_t rank)
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
inline Desc image_desc(const Array& a, const Window& g) {
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
inline Desc filter_desc(const Array& a, int64_t groups) {
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

}  // namespace tidefall
