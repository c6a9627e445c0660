// What may follow a product or a convolution, in the memory of its result.

#pragma once

#include <cstring>

#include "kernel.h"
#include "oneapi/dnnl/dnnl.hpp"

namespace tidefall {

// Two settings: which, in the order of tidefall/native/activation.py, and the bits of a double, alpha.
class Activation {
 public:
  explicit Activation(Settings& settings) : which_(settings.next()) {
    int64_t bits = settings.next();
    double alpha;
    std::memcpy(&alpha, &bits, sizeof(alpha));
    alpha_ = static_cast<float>(alpha);
  }

  dnnl::post_ops post_ops() const {
    using dnnl::algorithm;
    dnnl::post_ops after;
    switch (which_) {
      case 0:
        break;
      case 1:
        after.append_eltwise(algorithm::eltwise_relu, 0.f, 0.f);
        break;
      case 2:  // Relu6
        after.append_eltwise(algorithm::eltwise_clip, 0.f, 6.f);
        break;
      case 3:
        after.append_eltwise(algorithm::eltwise_elu, 1.f, 0.f);
        break;
      case 4:  // LeakyRelu
        after.append_eltwise(algorithm::eltwise_relu, alpha_, 0.f);
        break;
      case 5:
        after.append_eltwise(algorithm::eltwise_logistic, 0.f, 0.f);
        break;
      case 6:
        after.append_eltwise(algorithm::eltwise_tanh, 0.f, 0.f);
        break;
      default:
        throw std::invalid_argument("unknown activation " + std::to_string(which_));
    }
    return after;
  }

 private:
  int64_t which_;
  float alpha_;
};

}  // namespace tidefall
