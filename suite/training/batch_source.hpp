#pragma once
// What a phase trains or tests on, a batch at a time: images, or features that were computed from them.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "datasets/sample_source.hpp"
#include "datasets/test_views.hpp"
#include "suite/execution/executor.hpp"

namespace reprise::training {

class BatchSource {
 public:
  virtual ~BatchSource() = default;
  virtual std::int64_t count() const = 0;
  virtual std::int32_t label(std::int64_t index) const = 0;
  /// Test samples as they are usually seen and from other sides; none for samples that have only one.
  virtual std::vector<datasets::TestView> views(int level) const { return (void)level, std::vector<datasets::TestView>{}; }
  /// Samples that will be asked for soon.
  virtual void announce(std::span<const std::int64_t> indices) const { (void)indices; }

  struct Selection {
    const std::vector<std::int64_t>* order = nullptr;  ///< null: all samples in order
    std::int64_t first = 0;                            ///< entry of the order that the batch begins with
    const datasets::FetchKey* key = nullptr;           ///< of the augmentation; null: none
    const datasets::AxisMaps* view = nullptr;          ///< through which a test image is seen; null: as it is

    /// The sample in a slot of the batch.
    std::int64_t index(std::int64_t slot) const {
      return order != nullptr ? (*order)[static_cast<std::size_t>(first + slot)] : first + slot;
    }
  };
  /// Keeps references to what the selection points at.
  virtual std::unique_ptr<const execution::BatchReader> batch(const Selection& selection) const = 0;
};

/// A batch of images; see BatchSource::Selection.
class SourceReader : public execution::BatchReader {
 public:
  SourceReader(const datasets::SampleSource& source, const BatchSource::Selection& selection) : source_(source), selection_(selection) {}
  void fetch(std::int64_t slot, float* output) const override;
  std::int32_t label(std::int64_t slot) const override { return source_.label(selection_.index(slot)); }

 private:
  const datasets::SampleSource& source_;
  BatchSource::Selection selection_;
};

/// Images of a data set.
class ImageBatches : public BatchSource {
 public:
  explicit ImageBatches(const datasets::SampleSource& source) : source_(source) {}
  std::int64_t count() const override { return source_.count(); }
  std::int32_t label(std::int64_t index) const override { return source_.label(index); }
  std::vector<datasets::TestView> views(int level) const override;
  void announce(std::span<const std::int64_t> indices) const override { source_.announce(indices); }
  std::unique_ptr<const execution::BatchReader> batch(const Selection& selection) const override;

 private:
  const datasets::SampleSource& source_;
};

}  // namespace reprise::training
