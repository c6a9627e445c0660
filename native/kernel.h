// What every kernel is made of: arrays, settings, and the two ways in.
//
// A kernel is one function over arrays and a list of integers. TIDEFALL_KERNEL(name) gives it an
// XLA FFI handler `name_xla`, for compiled programs, and a C function `name_call`, for eager code.
// Errors are thrown; both ways in turn them into text.

#pragma once

#include <cstdint>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "threads.h"
#include "xla/ffi/api/ffi.h"

namespace tidefall {

enum class Kind : int32_t { f32 = 0, bf16 = 1, f16 = 2, s32 = 3, s8 = 4, u8 = 5, s64 = 6 };

// Memory that somebody else owns, in row-major order.
struct Array {
  void* data;
  const int64_t* dims;
  int32_t rank;
  Kind kind;

  int64_t size() const {
    int64_t n = 1;
    for (int32_t i = 0; i < rank; ++i) n *= dims[i];
    return n;
  }
  float* floats() const { return static_cast<float*>(data); }

  // How many bytes an element takes.
  int64_t width() const {
    switch (kind) {
      case Kind::s64:
        return 8;
      case Kind::f32:
      case Kind::s32:
        return 4;
      case Kind::bf16:
      case Kind::f16:
        return 2;
      default:
        return 1;
    }
  }
  // An element, by its number.
  void* at(int64_t element) const { return static_cast<char*>(data) + width() * element; }
};

struct Call {
  std::vector<Array> inputs;
  std::vector<Array> outputs;
  const int64_t* settings;
  int64_t n_settings;
  Threads threads;

  void expect(size_t n_inputs, size_t n_outputs) const {
    if (inputs.size() != n_inputs || outputs.size() != n_outputs)
      throw std::invalid_argument("expected " + std::to_string(n_inputs) + " arrays in and " +
                                  std::to_string(n_outputs) + " out");
  }
};

// Reads settings in order; lists are as long as the reader says.
class Settings {
 public:
  explicit Settings(const Call& call) : at_(call.settings), end_(at_ + call.n_settings) {}

  bool done() const { return at_ == end_; }

  int64_t next() {
    if (done()) throw std::invalid_argument("too few settings");
    return *at_++;
  }
  std::vector<int64_t> next(int64_t count) {
    std::vector<int64_t> values;
    for (int64_t i = 0; i < count; ++i) values.push_back(next());
    return values;
  }

 private:
  const int64_t* at_;
  const int64_t* end_;
};

using Kernel = void (*)(const Call&);

xla::ffi::Error run_for_xla(Kernel kernel, xla::ffi::ThreadPool pool,
                            xla::ffi::RemainingArgs arguments, xla::ffi::RemainingRets results,
                            xla::ffi::Span<const int64_t> settings);

// An array of NumPy and its kind, as eager code describes it. What is read of the array is where the
// headers of NumPy have compiled code read it, in all versions; library.py makes sure of that once.
struct Given {
  const void* object;
  int64_t kind;

  Array array() const;
};

// How many arrays go in and come out, and the settings behind that.
struct Header {
  int64_t n_inputs, n_outputs, n_settings;

  const int64_t* settings() const { return &n_settings + 1; }
};

// Inputs come first, then outputs. Returns 0, or 1: the error's text is then what tidefall_message() is.
int run_for_eager(Kernel kernel, const Header* header, const Given* arrays);

// Keeps the text of an error for this thread; returns 1.
int failed(const std::exception& error);

}  // namespace tidefall

#define TIDEFALL_VISIBLE __attribute__((visibility("default")))

#define TIDEFALL_KERNEL(name)                                                                 \
  static xla::ffi::Error name##_for_xla(                                                      \
      xla::ffi::ThreadPool pool, xla::ffi::RemainingArgs arguments,                           \
      xla::ffi::RemainingRets results, xla::ffi::Span<const int64_t> settings) {              \
    return tidefall::run_for_xla(name, pool, arguments, results, settings);                   \
  }                                                                                           \
  extern "C" TIDEFALL_VISIBLE XLA_FFI_Error* name##_xla(XLA_FFI_CallFrame* frame) {           \
    static auto* handler = xla::ffi::Ffi::Bind()                                              \
                               .Ctx<xla::ffi::ThreadPool>()                                   \
                               .RemainingArgs()                                               \
                               .RemainingRets()                                               \
                               .Attr<xla::ffi::Span<const int64_t>>("settings")               \
                               .To(name##_for_xla)                                            \
                               .release();                                                    \
    return handler->Call(frame);                                                              \
  }                                                                                           \
  extern "C" TIDEFALL_VISIBLE int name##_call(const tidefall::Header* header,                 \
                                              const tidefall::Given* arrays) {                \
    return tidefall::run_for_eager(name, header, arrays);                                     \
  }
