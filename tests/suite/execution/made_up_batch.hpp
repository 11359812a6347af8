#pragma once
// Samples drawn from the counter-based generator: the same for every test that asks for the same seed.

#include <vector>

#include "suite/execution/executor.hpp"
#include "suite/random/random.hpp"

namespace reprise::execution {

class MadeUpSamples : public BatchReader {
 public:
  MadeUpSamples(const SampleShape& shape, int classes, std::uint64_t seed = 5) : shape_(shape), classes_(classes), seed_(seed) {}
  void fetch(std::int64_t slot, float* output) const override {
    random::Generator generator({seed_, random::Purpose::synthetic, 0, 0, static_cast<std::uint64_t>(slot)});
    for (std::int64_t i = 0; i < shape_.size(); ++i) output[i] = generator.next_normal();
  }
  std::int32_t label(std::int64_t slot) const override { return static_cast<std::int32_t>((slot * 7 + 3) % classes_); }

 private:
  SampleShape shape_;
  int classes_;
  std::uint64_t seed_;
};

}  // namespace reprise::execution
