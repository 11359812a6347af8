#pragma once
// Rows of attention: softmax of scores with what its gradient needs, and that gradient. Scores are float32 whatever the storage.
//
// Legend: T tokens; row: floats from one row to the next, a multiple of 16 and at least T. Values beyond T become zero.

#include <cstdint>

namespace reprise::kernels {

struct ScoreRows {
  std::int64_t rows = 0, tokens = 0, row = 0;
};

struct AttentionKernels {
  /// scores -> softmax over the T tokens of gain * score. statistics [rows, 2] (overwritten): the row's maximum, 1 / sum of exponentials.
  void (*softmax)(const ScoreRows& shape, float gain, float* scores, float* statistics);
  /// The same bits again from the statistics.
  void (*softmax_again)(const ScoreRows& shape, float gain, const float* statistics, float* scores);
  /// The gradient of the scores, in place of that of the dropped probabilities:
  ///   gain * (dropped * grad - probability * sum over the row of dropped * grad)
  /// dropped: probabilities times their dropout factors; the probabilities themselves where nothing is dropped.
  void (*softmax_grad)(const ScoreRows& shape, float gain, const float* probability, const float* dropped, float* grad);
};

}  // namespace reprise::kernels
