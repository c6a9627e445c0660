#include "kernel.h"

#include <algorithm>

namespace tidefall {

namespace ffi = xla::ffi;

static Kind kind_of(ffi::DataType type) {
  switch (type) {
    case ffi::DataType::F32:
      return Kind::f32;
    case ffi::DataType::BF16:
      return Kind::bf16;
    case ffi::DataType::F16:
      return Kind::f16;
    case ffi::DataType::S32:
      return Kind::s32;
    case ffi::DataType::S8:
      return Kind::s8;
    case ffi::DataType::U8:
      return Kind::u8;
    case ffi::DataType::S64:
      return Kind::s64;
    default:
      throw std::invalid_argument("a dtype that no native kernel takes");
  }
}

static Array array_of(const ffi::AnyBuffer& buffer) {
  auto dims = buffer.dimensions();
  return {buffer.untyped_data(), dims.begin(), static_cast<int32_t>(dims.size()),
          kind_of(buffer.element_type())};
}

ffi::Error run_for_xla(Kernel kernel, ffi::ThreadPool pool, ffi::RemainingArgs arguments,
                       ffi::RemainingRets results, ffi::Span<const int64_t> settings) {
  try {
    Call call{{}, {}, settings.begin(), static_cast<int64_t>(settings.size()), Threads(&pool)};
    for (size_t i = 0; i < arguments.size(); ++i)
      call.inputs.push_back(array_of(arguments.get<ffi::AnyBuffer>(i).value()));
    for (size_t i = 0; i < results.size(); ++i)
      call.outputs.push_back(array_of(*results.get<ffi::AnyBuffer>(i).value()));
    kernel(call);
    return ffi::Error::Success();
  } catch (const std::invalid_argument& error) {
    return ffi::Error(ffi::ErrorCode::kInvalidArgument, error.what());
  } catch (const std::exception& error) {
    return ffi::Error(ffi::ErrorCode::kInternal, error.what());
  }
}

// PyArrayObject_fields of NumPy's headers.
struct NumpyArray {
  void* object[2];
  void* data;
  int rank;
  const int64_t* dims;
};

Array Given::array() const {
  const auto* from = static_cast<const NumpyArray*>(object);
  return {from->data, from->dims, from->rank, static_cast<Kind>(kind)};
}

static thread_local std::string message;

int failed(const std::exception& error) {
  message = error.what();
  return 1;
}

int run_for_eager(Kernel kernel, const Header* header, const Given* arrays) {
  try {
    Call call{{}, {}, header->settings(), header->n_settings, Threads(nullptr)};
    for (int64_t i = 0; i < header->n_inputs; ++i) call.inputs.push_back(arrays++->array());
    for (int64_t i = 0; i < header->n_outputs; ++i) call.outputs.push_back(arrays++->array());
    kernel(call);
    return 0;
  } catch (const std::exception& error) {
    return failed(error);
  }
}

}  // namespace tidefall

// What went wrong in this thread the last time something did.
extern "C" TIDEFALL_VISIBLE const char* tidefall_message() { return tidefall::message.c_str(); }

// Whether an array of NumPy lies as a kernel reads it.
extern "C" TIDEFALL_VISIBLE int tidefall_reads(const tidefall::Given* given, const void* data,
                                               int64_t rank, const int64_t* sizes) {
  const tidefall::Array array = given->array();
  return array.data == data && array.rank == rank &&
         std::equal(sizes, sizes + rank, array.dims);
}
