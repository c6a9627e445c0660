// Ways in to layers that are prepared, and to sequences: several layers that run in one call.

#include "prepared.h"

#include <map>

namespace tidefall {
namespace {

std::map<std::string, Make>& makers() {
  static auto* all = new std::map<std::string, Make>();
  return *all;
}

constexpr size_t kAlignment = 64;

// Settings: how many arrays go in and come out, how many values lie between, and the bytes and places
// of those in memory of the plan's own; then for each layer its handle, how many values it reads and
// writes, and their numbers. Values are numbered from the inputs to the outputs to those between.
class Sequence : public Prepared {
 public:
  explicit Sequence(const int64_t* at, const int64_t* end) {
    auto next = [&] {
      if (at == end) throw std::invalid_argument("too few numbers of a sequence");
      return *at++;
    };
    inputs_ = next();
    outputs_ = next();
    places_.resize(next());
    const int64_t bytes = next();
    memory_.resize(bytes + kAlignment);
    for (auto& place : places_) place = next();
    while (at != end) {
      Layer layer{reinterpret_cast<const Prepared*>(next()), {}, {}};
      layer.reads.resize(next());
      layer.writes.resize(next());
      for (auto* numbers : {&layer.reads, &layer.writes})
        for (auto& number : *numbers) {
          number = next();
          if (number < 0 || number >= inputs_ + outputs_ + static_cast<int64_t>(places_.size()))
            throw std::invalid_argument("a sequence has no value of that number");
        }
      layers_.push_back(std::move(layer));
    }
  }

  void run(const void* const* inputs, void* const* outputs) const override {
    const auto start = (reinterpret_cast<uintptr_t>(memory_.data()) + kAlignment - 1) / kAlignment * kAlignment;
    auto of = [&](int64_t number) -> void* {
      if (number < inputs_) return const_cast<void*>(inputs[number]);
      if (number < inputs_ + outputs_) return outputs[number - inputs_];
      return reinterpret_cast<char*>(start) + places_[number - inputs_ - outputs_];
    };
    const void* reads[kMost];
    void* writes[kMost];
    for (const Layer& layer : layers_) {
      for (size_t i = 0; i < layer.reads.size(); ++i) reads[i] = of(layer.reads[i]);
      for (size_t i = 0; i < layer.writes.size(); ++i) writes[i] = of(layer.writes[i]);
      layer.prepared->run(reads, writes);
    }
  }

 private:
  static constexpr size_t kMost = 16;

  struct Layer {
    const Prepared* prepared;
    std::vector<int64_t> reads, writes;
  };
  int64_t inputs_, outputs_;
  std::vector<int64_t> places_;
  mutable std::vector<char> memory_;
  std::vector<Layer> layers_;
};

}  // namespace

Maker::Maker(const char* name, Make make) { makers()[name] = make; }

}  // namespace tidefall

using tidefall::Prepared;

// Prepares a layer; 0 and a handle, or 1.
extern "C" TIDEFALL_VISIBLE int tidefall_prepare(const char* name, const tidefall::Header* header,
                                                 const tidefall::Given* arrays, void** handle) {
  try {
    tidefall::Alone alone;
    tidefall::Call call{{}, {}, header->settings(), header->n_settings, tidefall::Threads(nullptr)};
    for (int64_t i = 0; i < header->n_inputs; ++i) call.inputs.push_back(arrays++->array());
    const auto found = tidefall::makers().find(name);
    if (found == tidefall::makers().end())
      throw std::invalid_argument(std::string("there is no layer ") + name);
    *handle = found->second(call.inputs, arrays->array(), tidefall::Settings(call)).release();
    return 0;
  } catch (const std::exception& error) {
    return tidefall::failed(error);
  }
}

// Prepares a sequence. The layers it names must live as long as it does.
extern "C" TIDEFALL_VISIBLE int tidefall_prepare_sequence(const int64_t* numbers, int64_t count, void** handle) {
  try {
    *handle = static_cast<Prepared*>(new tidefall::Sequence(numbers, numbers + count));
    return 0;
  } catch (const std::exception& error) {
    return tidefall::failed(error);
  }
}

// Runs a layer or a sequence on arrays of the shapes it was prepared for.
extern "C" TIDEFALL_VISIBLE int tidefall_run_prepared(const void* handle, const tidefall::Header* header,
                                                      const tidefall::Given* arrays) {
  try {
    std::vector<const void*> inputs;
    std::vector<void*> outputs;
    for (int64_t i = 0; i < header->n_inputs; ++i) inputs.push_back(arrays++->array().data);
    for (int64_t i = 0; i < header->n_outputs; ++i) outputs.push_back(arrays++->array().data);
    static_cast<const Prepared*>(handle)->run(inputs.data(), outputs.data());
    return 0;
  } catch (const std::exception& error) {
    return tidefall::failed(error);
  }
}

extern "C" TIDEFALL_VISIBLE void tidefall_release_prepared(void* handle) {
  delete static_cast<Prepared*>(handle);
}
