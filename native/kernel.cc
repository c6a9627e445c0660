#include "kernel.h"

#include <cstring>

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

int run_for_eager(Kernel kernel, const Array* inputs, int64_t n_inputs, const Array* outputs,
                  int64_t n_outputs, const int64_t* settings, int64_t n_settings, char* message,
                  int64_t room) {
  try {
    kernel({{inputs, inputs + n_inputs},
            {outputs, outputs + n_outputs},
            settings,
            n_settings,
            Threads(nullptr)});
    return 0;
  } catch (const std::exception& error) {
    std::strncpy(message, error.what(), static_cast<size_t>(room) - 1);
    message[room - 1] = '\0';
    return 1;
  }
}

}  // namespace tidefall
