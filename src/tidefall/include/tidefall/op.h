// Custom ops for Tidefall: kernels in C++, in a shared library of their own.
//
//   #include "tidefall/op.h"
//
//   TIDEFALL_OP("ZeroOut")
//       .input("to_zero: T")
//       .output("zeroed: T")
//       .attr("T: {float, int32}")
//       .attr("keep: int >= 0 = 1")
//       .shape_of_input(0)
//       .kernel([](tidefall::Call& call) {
//         tidefall::dispatch<float, int32_t>(call.input(0).dtype, [&](auto zero) {
//           using T = decltype(zero);
//           ...call.input(0).data<T>(), call.output(0).data<T>(), call.attr<int64_t>("keep")...
//         });
//       });
//
// The words of inputs, outputs and attributes are those of TensorFlow's REGISTER_OP. Compile it to a
// shared library and load that with tf.load_op_library:
//
//   FLAGS=$(python -c "import tidefall as tf; print(*tf.sysconfig.get_compile_flags())")
//   c++ $FLAGS -O2 -fPIC -shared zero_out.cc -o libzero_out.so
//
// This is all there is: a library neither links to Tidefall nor to Python. Kernels run in eager code, in
// graphs, and, where XLA's headers are found (they come with jaxlib), inside programs that XLA compiles for
// the CPU. They may be called from several threads at once. What they throw becomes an error of TensorFlow's.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <new>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#if __has_include("xla/ffi/api/ffi.h") && !defined(TIDEFALL_WITHOUT_XLA)
#define TIDEFALL_HAS_XLA 1
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-compare"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wreturn-type"
#include "xla/ffi/api/ffi.h"
#pragma GCC diagnostic pop
#endif

namespace tidefall {

// The version of what a library and Tidefall say to each other.
constexpr int64_t kVersion = 1;

// The numbers of TensorFlow's DataType. Elements of float16 and bfloat16 are handed over as uint16_t.
enum class DType : int64_t {
  float32 = 1, float64 = 2, int32 = 3, uint8 = 4, int16 = 5, int8 = 6, complex64 = 8, int64 = 9,
  boolean = 10, bfloat16 = 14, uint16 = 17, complex128 = 18, float16 = 19, uint32 = 22, uint64 = 23,
};

// An array in row-major order, whose memory belongs to the caller.
struct Tensor {
  DType dtype;
  std::vector<int64_t> shape;
  void* memory;

  int64_t rank() const { return static_cast<int64_t>(shape.size()); }
  int64_t size() const {
    int64_t product = 1;
    for (int64_t each : shape) product *= each;
    return product;
  }
  // The elements. The type is the caller's to get right: `dispatch` helps.
  template <typename T>
  T* data() const {
    return static_cast<T*>(memory);
  }
};

// An attribute: integers, numbers or texts, one or a list of them. A type is the number of its DType, a shape
// its sizes, -1 where they are unknown.
struct Attribute {
  std::vector<int64_t> integers;
  std::vector<double> numbers;
  std::vector<std::string> texts;
};

// What a kernel is called with.
class Call {
 public:
  int64_t inputs() const { return static_cast<int64_t>(inputs_.size()); }
  int64_t outputs() const { return static_cast<int64_t>(outputs_.size()); }
  // Lists of tensors follow each other.
  const Tensor& input(int64_t number) const { return at(inputs_, number, "input"); }
  const Tensor& output(int64_t number) const { return at(outputs_, number, "output"); }

  // int64_t, double, float, bool, DType, std::string, or a std::vector of int64_t, double or std::string.
  template <typename T>
  T attr(const std::string& name) const {
    const auto found = attributes_.find(name);
    if (found == attributes_.end()) throw std::invalid_argument("there is no attribute " + name);
    const Attribute& value = found->second;
    if constexpr (std::is_same_v<T, std::vector<int64_t>>) return value.integers;
    else if constexpr (std::is_same_v<T, std::vector<double>>) return value.numbers;
    else if constexpr (std::is_same_v<T, std::vector<std::string>>) return value.texts;
    else if constexpr (std::is_same_v<T, std::string>) return first(value.texts, name);
    else if constexpr (std::is_floating_point_v<T>) return static_cast<T>(first(value.numbers, name));
    else return static_cast<T>(first(value.integers, name));
  }

 private:
  static const Tensor& at(const std::vector<Tensor>& tensors, int64_t number, const char* what) {
    if (number < 0 || number >= static_cast<int64_t>(tensors.size()))
      throw std::out_of_range("there is no " + std::string(what) + " " + std::to_string(number) + " of " +
                              std::to_string(tensors.size()));
    return tensors[static_cast<size_t>(number)];
  }
  template <typename T>
  static const T& first(const std::vector<T>& values, const std::string& name) {
    if (values.empty()) throw std::invalid_argument("attribute " + name + " is of another type");
    return values[0];
  }

  friend struct Calling;
  std::vector<Tensor> inputs_, outputs_;
  std::map<std::string, Attribute> attributes_;
};

// The dtype of a type.
template <typename T>
constexpr DType dtype_for() {
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  else if constexpr (std::is_same_v<T, double>) return DType::float64;
  else if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  else if constexpr (std::is_same_v<T, int8_t>) return DType::int8;
  else if constexpr (std::is_same_v<T, int16_t>) return DType::int16;
  else if constexpr (std::is_same_v<T, int32_t>) return DType::int32;
  else if constexpr (std::is_same_v<T, int64_t>) return DType::int64;
  else if constexpr (std::is_same_v<T, uint8_t>) return DType::uint8;
  else if constexpr (std::is_same_v<T, uint16_t>) return DType::uint16;
  else if constexpr (std::is_same_v<T, uint32_t>) return DType::uint32;
  else {
    static_assert(std::is_same_v<T, uint64_t>, "no dtype has this type");
    return DType::uint64;
  }
}

// Calls `work` with a zero of the one type among these whose dtype it is: dispatch<float, double>(dtype, ...).
template <typename... Types, typename Work>
void dispatch(DType dtype, Work&& work) {
  const bool is_done = ((dtype == dtype_for<Types>() && (work(Types{}), true)) || ...);
  if (!is_done) throw std::invalid_argument("no kernel for the dtype with number " +
                                            std::to_string(static_cast<int64_t>(dtype)));
}

// An op while it is declared.
class Op {
 public:
  explicit Op(const char* name) : name_(name) {}
  Op& input(const std::string& spec) { return add("input", spec); }
  Op& output(const std::string& spec) { return add("output", spec); }
  Op& attr(const std::string& spec) { return add("attr", spec); }
  // Every output has the shape of an input. Other rules are given in Python.
  Op& shape_of_input(int64_t number) { return add("shape_of_input", std::to_string(number)); }
  // It does something besides computing: it is run as often as it is written, and in that order.
  Op& stateful() { return add("stateful", ""); }
  Op& kernel(std::function<void(Call&)> function) {
    kernel_ = std::move(function);
    return *this;
  }

 private:
  Op& add(const char* what, const std::string& text) {
    lines_ += std::string(what) + "\t" + text + "\n";
    return *this;
  }

  friend struct Registered;
  friend struct Calling;
  std::string name_, lines_;
  std::function<void(Call&)> kernel_;
};

// The ops of this library. The namespace has no name, so that libraries do not share them.
namespace {

std::vector<Op>& all_ops() {
  static auto* ops = new std::vector<Op>();
  return *ops;
}

}  // namespace

struct Registered {
  Registered(const Op& op) { all_ops().push_back(op); }  // NOLINT: made from what the macro begins

  // What is declared, in lines: what it is, a tab, its text.
  static std::string listed() {
    std::string all;
    for (const Op& op : all_ops()) all += "op\t" + op.name_ + "\n" + op.lines_;
    return all;
  }
};

// Runs kernels; what they throw becomes the number of an error and its text.
struct Calling {
  static constexpr int kOk = 0, kInvalid = 3, kExhausted = 8, kOutOfRange = 11, kUnimplemented = 12, kInternal = 13;

  template <typename Fill>
  static int run(int64_t number, const int64_t* attributes, Fill&& fill, std::string* message) {
    try {
      const Op& op = all_ops().at(static_cast<size_t>(number));
      if (!op.kernel_) {
        *message = "the op " + op.name_ + " has no kernel";
        return kUnimplemented;
      }
      Call call;
      fill(&call.inputs_, &call.outputs_);
      read(attributes, &call.attributes_);
      op.kernel_(call);
      return kOk;
    } catch (const std::invalid_argument& error) {
      *message = error.what();
      return kInvalid;
    } catch (const std::out_of_range& error) {
      *message = error.what();
      return kOutOfRange;
    } catch (const std::bad_alloc&) {
      *message = "there is not enough memory";
      return kExhausted;
    } catch (const std::exception& error) {
      *message = error.what();
      return kInternal;
    } catch (...) {
      *message = "the kernel threw something that is no std::exception";
      return kInternal;
    }
  }

  // How many; for each its name, what it is made of ('i', 'f', 's'), how many, and these. Texts are a length
  // and bytes, up to the next multiple of 8.
  static void read(const int64_t* at, std::map<std::string, Attribute>* found) {
    auto text = [&] {
      const int64_t length = *at++;
      std::string value(reinterpret_cast<const char*>(at), static_cast<size_t>(length));
      at += (length + 7) / 8;
      return value;
    };
    for (int64_t left = *at++; left > 0; --left) {
      Attribute& value = (*found)[text()];
      const int64_t kind = *at++, count = *at++;
      for (int64_t i = 0; i < count; ++i) {
        if (kind == 's') {
          value.texts.push_back(text());
        } else if (kind == 'f') {
          double number;
          std::memcpy(&number, at++, sizeof(number));
          value.numbers.push_back(number);
        } else {
          value.integers.push_back(*at++);
        }
      }
    }
  }
};

#ifdef TIDEFALL_HAS_XLA
namespace {

inline DType dtype_of(xla::ffi::DataType type) {
  using From = xla::ffi::DataType;
  switch (type) {
    case From::F32: return DType::float32;
    case From::F64: return DType::float64;
    case From::S32: return DType::int32;
    case From::U8: return DType::uint8;
    case From::S16: return DType::int16;
    case From::S8: return DType::int8;
    case From::C64: return DType::complex64;
    case From::S64: return DType::int64;
    case From::PRED: return DType::boolean;
    case From::BF16: return DType::bfloat16;
    case From::U16: return DType::uint16;
    case From::C128: return DType::complex128;
    case From::F16: return DType::float16;
    case From::U32: return DType::uint32;
    case From::U64: return DType::uint64;
    default: throw std::invalid_argument("a dtype that custom ops do not take");
  }
}

inline Tensor tensor_of(const xla::ffi::AnyBuffer& buffer) {
  const auto dims = buffer.dimensions();
  return {dtype_of(buffer.element_type()), {dims.begin(), dims.end()}, buffer.untyped_data()};
}

inline xla::ffi::Error run_for_xla(xla::ffi::RemainingArgs arguments, xla::ffi::RemainingRets results,
                                   int64_t number, xla::ffi::Span<const int64_t> attributes) {
  std::string message;
  auto fill = [&](std::vector<Tensor>* inputs, std::vector<Tensor>* outputs) {
    for (size_t i = 0; i < arguments.size(); ++i)
      inputs->push_back(tensor_of(arguments.get<xla::ffi::AnyBuffer>(i).value()));
    for (size_t i = 0; i < results.size(); ++i)
      outputs->push_back(tensor_of(*results.get<xla::ffi::AnyBuffer>(i).value()));
  };
  const int code = Calling::run(number, attributes.begin(), fill, &message);
  if (code == Calling::kOk) return xla::ffi::Error::Success();
  return xla::ffi::Error(static_cast<xla::ffi::ErrorCode>(code), message);
}

}  // namespace
#endif

}  // namespace tidefall

#define TIDEFALL_VISIBLE extern "C" __attribute__((visibility("default")))

// What Tidefall asks a library. So one file of a library includes this header, the one that declares its ops.
TIDEFALL_VISIBLE int64_t tidefall_op_version() { return tidefall::kVersion; }

TIDEFALL_VISIBLE const char* tidefall_op_list() {
  static const auto* text = new std::string(tidefall::Registered::listed());
  return text->c_str();
}

// `arrays`: how many go in and come out; for each its address, dtype, rank and sizes.
TIDEFALL_VISIBLE int tidefall_op_call(int64_t number, const int64_t* arrays, const int64_t* attributes,
                                      char* message, int64_t room) {
  auto fill = [&](std::vector<tidefall::Tensor>* inputs, std::vector<tidefall::Tensor>* outputs) {
    const int64_t ins = *arrays++, outs = *arrays++;
    for (int64_t i = 0; i < ins + outs; ++i) {
      tidefall::Tensor each{static_cast<tidefall::DType>(arrays[1]),
                            {arrays + 3, arrays + 3 + arrays[2]},
                            reinterpret_cast<void*>(arrays[0])};
      arrays += 3 + arrays[2];
      (i < ins ? inputs : outputs)->push_back(std::move(each));
    }
  };
  std::string text;
  const int code = tidefall::Calling::run(number, attributes, fill, &text);
  if (code != tidefall::Calling::kOk && room > 0) {
    const size_t length = std::min(text.size(), static_cast<size_t>(room - 1));
    std::memcpy(message, text.data(), length);
    message[length] = 0;
  }
  return code;
}

#ifdef TIDEFALL_HAS_XLA
TIDEFALL_VISIBLE XLA_FFI_Error* tidefall_op_xla(XLA_FFI_CallFrame* frame) {
  static auto* handler = xla::ffi::Ffi::Bind()
                             .RemainingArgs()
                             .RemainingRets()
                             .Attr<int64_t>("op")
                             .Attr<xla::ffi::Span<const int64_t>>("attributes")
                             .To(tidefall::run_for_xla)
                             .release();
  return handler->Call(frame);
}
#endif

#define TIDEFALL_JOIN_(a, b) a##b
#define TIDEFALL_JOIN(a, b) TIDEFALL_JOIN_(a, b)
#define TIDEFALL_OP(name) \
  static const ::tidefall::Registered TIDEFALL_JOIN(tidefall_registered_, __COUNTER__) = ::tidefall::Op(name)
