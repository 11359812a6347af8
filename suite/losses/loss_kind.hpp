#pragma once
// What an output is compared with.

namespace reprise::losses {

/// What the last value is compared with.
enum class LossKind {
  softmax_cross_entropy,   ///< last value = logits [classes]; target = label
  squared_error,           ///< mean over features of (value - target)^2 / 2; target = one-hot label, or the input (autoencoder)
  margin,                  ///< last value = capsule lengths [classes]; target = label; Sabour et al. 2017, equation 4 (arXiv 1710.09829)
  logistic_cross_entropy,  ///< last value = logits [D]; target = the input in [0, 1] (autoencoder) or one-hot label
};

}  // namespace reprise::losses
