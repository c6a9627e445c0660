// Ops that the tests load.

#include "tidefall/op.h"

TIDEFALL_OP("TestZeroOut")
    .input("to_zero: T")
    .output("zeroed: T")
    .attr("T: {float, int32, bool}")
    .attr("keep: int >= 0 = 1")
    .shape_of_input(0)
    .kernel([](tidefall::Call& call) {
      const auto &x = call.input(0), &y = call.output(0);
      const int64_t keep = call.attr<int64_t>("keep");
      tidefall::dispatch<float, int32_t, bool>(x.dtype, [&](auto zero) {
        using T = decltype(zero);
        for (int64_t i = 0; i < x.size(); ++i) y.data<T>()[i] = i < keep ? x.data<T>()[i] : zero;
      });
    });

// Adds up parts, in every kind of attribute's own way.
TIDEFALL_OP("TestWeightedSum")
    .input("parts: N * float")
    .output("sum: float")
    .output("count: int64")
    .attr("N: int >= 1")
    .attr("weights: list(float) = []")
    .attr("mode: {'sum', 'mean'} = 'sum'")
    .attr("scale: float = 1.0")
    .attr("negate: bool = false")
    .attr("names: list(string) = []")
    .attr("grid: shape = []")
    .attr("kind: {float, half} = DT_HALF")
    .kernel([](tidefall::Call& call) {
      const auto weights = call.attr<std::vector<double>>("weights");
      if (!weights.empty() && static_cast<int64_t>(weights.size()) != call.inputs())
        throw std::invalid_argument(std::to_string(weights.size()) + " weights for " +
                                    std::to_string(call.inputs()) + " parts");
      float factor = call.attr<float>("scale") * (call.attr<bool>("negate") ? -1 : 1);
      if (call.attr<std::string>("mode") == "mean") factor /= static_cast<float>(call.inputs());
      const auto& y = call.output(0);
      for (int64_t i = 0; i < y.size(); ++i) {
        float sum = 0;
        for (int64_t k = 0; k < call.inputs(); ++k)
          sum += call.input(k).data<float>()[i] * (weights.empty() ? 1 : static_cast<float>(weights[k]));
        y.data<float>()[i] = sum * factor;
      }
      int64_t count = call.inputs();
      for (const auto& name : call.attr<std::vector<std::string>>("names")) count += 100 * name.size();
      for (int64_t size : call.attr<std::vector<int64_t>>("grid")) count += 10'000 * size;
      if (call.attr<tidefall::DType>("kind") == tidefall::DType::float32) count += 1'000'000;
      *call.output(1).data<int64_t>() = count;
    });

TIDEFALL_OP("TestThrow")
    .input("which: int32")
    .output("nothing: int32")
    .shape_of_input(0)
    .stateful()
    .kernel([](tidefall::Call& call) {
      switch (*call.input(0).data<int32_t>()) {
        case 0: throw std::invalid_argument("it is invalid");
        case 1: throw std::out_of_range("it is out of range");
        case 2: throw std::bad_alloc();
        case 3: throw std::runtime_error("it went wrong");
        case 4: throw 4;
        case 5: call.attr<std::string>("absent"); break;
        case 6: call.input(1); break;
        default: tidefall::dispatch<float>(call.input(0).dtype, [](float) {});
      }
    });
