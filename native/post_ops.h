// What may follow a convolution, in the memory of its result.

#pragma once

#include <cstring>
#include <vector>

#include "onednn.h"

namespace tidefall {

// The rest of the settings, two for each step: which, in the order of tidefall/native/post_ops.py,
// and the bits of a double, alpha. Some steps have an array: a vector for the channels, or for the
// sum an array like the result.
class PostOps {
 public:
  explicit PostOps(Settings& settings) {
    while (!settings.done()) {
      int64_t which = settings.next(), bits = settings.next();
      double alpha;
      std::memcpy(&alpha, &bits, sizeof(alpha));
      steps_.push_back({which, static_cast<float>(alpha)});
    }
  }

  // Whether the first step adds a vector, which convolutions take as their bias.
  bool has_bias() const { return !steps_.empty() && steps_[0].which == kBias; }

  // Whether the last step is swish; then true, and it is left out. It is the caller's to do.
  bool take_swish() {
    const bool ends = !steps_.empty() && steps_.back().which == kSwish;
    if (ends) steps_.pop_back();
    return ends;
  }

  // The steps that are no bias; `descs` are of the arrays of all.
  dnnl::post_ops made(const std::vector<Desc>& descs) const {
    using dnnl::algorithm;
    dnnl::post_ops after;
    auto desc = descs.begin() + has_bias();
    for (size_t i = has_bias() ? 1 : 0; i < steps_.size(); ++i) {
      switch (steps_[i].which) {
        case 0:  // Relu
          after.append_eltwise(algorithm::eltwise_relu, 0.f, 0.f);
          break;
        case 1:  // Relu6
          after.append_eltwise(algorithm::eltwise_clip, 0.f, 6.f);
          break;
        case 2:
          after.append_eltwise(algorithm::eltwise_elu, 1.f, 0.f);
          break;
        case 3:  // LeakyRelu
          after.append_eltwise(algorithm::eltwise_relu, steps_[i].alpha, 0.f);
          break;
        case 4:
          after.append_eltwise(algorithm::eltwise_logistic, 0.f, 0.f);
          break;
        case 5:
          after.append_eltwise(algorithm::eltwise_tanh, 0.f, 0.f);
          break;
        case kSwish:
          after.append_eltwise(algorithm::eltwise_swish, 1.f, 0.f);
          break;
        case kMul:
          after.append_binary(algorithm::binary_mul, *desc++);
          break;
        case kBias:
        case kAdd:
          after.append_binary(algorithm::binary_add, *desc++);
          break;
        default:
          throw std::invalid_argument("unknown step " + std::to_string(steps_[i].which));
      }
    }
    return after;
  }

  // What oneDNN calls the arrays of the steps, in order.
  std::vector<int> names() const {
    std::vector<int> all;
    for (size_t i = 0; i < steps_.size(); ++i) {
      if (i == 0 && has_bias())
        all.push_back(DNNL_ARG_BIAS);
      else if (steps_[i].which >= kMul)
        all.push_back(DNNL_ARG_ATTR_MULTIPLE_POST_OP(static_cast<int>(i - has_bias())) |
                      DNNL_ARG_SRC_1);
    }
    return all;
  }

 private:
  static constexpr int64_t kSwish = 6, kMul = 7, kBias = 8, kAdd = 9;

  struct Step {
    int64_t which;
    float alpha;
  };
  std::vector<Step> steps_;
};

}  // namespace tidefall
