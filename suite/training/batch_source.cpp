#include "suite/training/batch_source.hpp"

namespace reprise::training {

void SourceReader::fetch(std::int64_t slot, float* output) const {
  const std::int64_t index = selection_.index(slot);
  if (selection_.view != nullptr)
    source_.fetch(index, *selection_.view, output);
  else
    source_.fetch(index, selection_.key, output);
}

std::vector<datasets::TestView> ImageBatches::views(int level) const {
  return datasets::test_views(level, source_.images().height, source_.images().width, source_.centre());
}

std::unique_ptr<const execution::BatchReader> ImageBatches::batch(const Selection& selection) const {
  return std::make_unique<SourceReader>(source_, selection);
}

}  // namespace reprise::training
