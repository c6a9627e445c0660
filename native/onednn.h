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

// This thread's own.
dnnl::stream& stream();

dnnl::memory::data_type type_of(const Array& array);

// Attributes of a primitive that takes its working memory from its caller, so that several
// threads may run it at once.
dnnl::primitive_attr shared_attr();

// While one lives, oneDNN works in the calling thread alone: kernels cut their work up themselves.
class Alone {
 public:
  Alone();
  ~Alone();

 private:
  int before_;
};

// How an array has to be moved before a primitive reads it, or after it wrote it: not at all where
// the two layouts are one.
class Move {
 public:
  Move(const Desc& from, const Desc& to);
  bool needed() const { return static_cast<bool>(reorder_); }
  void run(void* from, void* to) const;

 private:
  Desc from_, to_;
  dnnl::reorder reorder_;
};

// Memory of this thread that lives until its next call for the same slot.
void* scratch(size_t slot, size_t bytes);

// What is kept of a kernel for one set of shapes: the primitive, and how its arrays lie.
class Plan {
 public:
  Plan(dnnl::primitive primitive, Desc scratchpad)
      : primitive_(std::move(primitive)), scratchpad_(std::move(scratchpad)) {}

  // Arrays, in the order in which `run` is given them. `name` is one of DNNL_ARG_...
  void reads(int name, const Desc& given, const Desc& wanted);
  void writes(int name, const Desc& given, const Desc& wanted);

  // An array that several runs read, moved to where it is wanted once: they are given what this
  // returns, and that it is `moved`. It stays until this thread's next call for the slot.
  void* moved(size_t index, void* data, size_t slot) const;

  void run(const std::vector<void*>& data, size_t moved = SIZE_MAX) const;

 private:
  struct Argument {
    int name;
    bool is_read;
    Desc wanted;
    Move move;
  };

  dnnl::primitive primitive_;
  Desc scratchpad_;
  std::vector<Argument> arguments_;
};

// What a plan depends on: the kernel, its settings, and the kinds and sizes of all arrays.
std::string plan_key(const char* kernel, const Call& call);

std::shared_ptr<const void> find_kept(const std::string& key);
std::shared_ptr<const void> keep(const std::string& key, std::shared_ptr<const void> made);

// What is kept under `key`, made by `make` the first time.
template <typename Make>
auto kept(const std::string& key, Make make) {
  using T = decltype(make());
  auto found = find_kept(key);
  if (!found) found = keep(key, std::make_shared<const T>(make()));
  return std::static_pointer_cast<const T>(found);
}

}  // namespace tidefall
