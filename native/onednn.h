// oneDNN as the kernels use it: one engine, primitives kept by what they are made of, and memory
// that is borrowed from the caller.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernel.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace tidefall {

using Dims = dnnl::memory::dims;
using Desc = dnnl::memory::desc;

const dnnl::engine& cpu();

dnnl::memory::data_type type_of(const Array& array);

// Attributes of a primitive that takes its working memory from its caller, so that several
// threads may run it at once.
dnnl::primitive_attr shared_attr();

// What is kept of a kernel for one set of shapes: the primitive, and where its arrays lie otherwise
// than it wants them, how to move them.
class Plan {
 public:
  Plan(dnnl::primitive primitive, Desc scratchpad)
      : primitive_(std::move(primitive)), scratchpad_(std::move(scratchpad)) {}

  // Arrays, in the order in which `run` is given them. `name` is one of DNNL_ARG_...
  void reads(int name, const Desc& given, const Desc& wanted);
  void writes(int name, const Desc& given, const Desc& wanted);

  void run(const std::vector<void*>& data) const;

 private:
  struct Argument {
    int name;
    Desc given, wanted;
    dnnl::reorder before, after;  // empty where there is nothing to move
  };

  dnnl::primitive primitive_;
  Desc scratchpad_;
  std::vector<Argument> arguments_;
};

// What a plan depends on: the kernel, its settings, and the kinds and sizes of all arrays.
std::string plan_key(const char* kernel, const Call& call);

std::shared_ptr<const Plan> find_plan(const std::string& key);
std::shared_ptr<const Plan> keep_plan(const std::string& key, Plan plan);

// The plan kept under `key`, made by `make` the first time.
template <typename Make>
std::shared_ptr<const Plan> kept_plan(const std::string& key, Make make) {
  auto found = find_plan(key);
  return found ? found : keep_plan(key, make());
}

}  // namespace tidefall
