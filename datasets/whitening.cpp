#include "datasets/whitening.hpp"

#include <cblas.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "suite/errors.hpp"

// LAPACK: eigenvalues and vectors of a symmetric matrix, divide and conquer.
extern "C" void dsyevd_(const char* job, const char* triangle, const int* order, double* matrix, const int* stride, double* values,
                        double* work, const int* work_size, int* integer_work, const int* integer_work_size, int* info);

namespace reprise::datasets {

namespace {

void use_one_thread() {
  static std::once_flag once;
  std::call_once(once, [] { openblas_set_num_threads(1); });
}

std::vector<double> mean_of(const ImageStream& stream, std::size_t features) {
  std::vector<double> mean(features, 0.0);
  std::int64_t total = 0;
  stream([&](const float* images, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i, images += features)
      for (std::size_t j = 0; j < features; ++j) mean[j] += images[j];
    total += count;
  });
  for (double& value : mean) value /= static_cast<double>(total);
  return mean;
}

/// Lower triangle, row-major, of the covariance.
std::vector<double> covariance_of(const ImageStream& stream, const std::vector<double>& mean) {
  const std::size_t features = mean.size();
  const int order = static_cast<int>(features);
  std::vector<double> covariance(features * features, 0.0), centred;
  std::int64_t total = 0;
  stream([&](const float* images, std::int64_t count) {
    centred.resize(static_cast<std::size_t>(count) * features);
    for (std::size_t i = 0; i < centred.size(); i += features)
      for (std::size_t j = 0; j < features; ++j) centred[i + j] = images[i + j] - mean[j];
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, order, static_cast<int>(count), 1.0, centred.data(), order, 1.0, covariance.data(),
                order);
    total += count;
  });
  for (double& value : covariance) value /= static_cast<double>(total);
  return covariance;
}

/// Replaces the row-major lower triangle by the eigenvectors, one a row; returns the eigenvalues, ascending.
std::vector<double> decompose(std::vector<double>& matrix, std::size_t features) {
  const int order = static_cast<int>(features);
  std::vector<double> values(features);
  int info = 0, size = -1, integer_size = -1, integer_needed = 0;
  double needed = 0;
  // Row-major lower is LAPACK's column-major upper. The first call asks for the size of the work space.
  dsyevd_("V", "U", &order, matrix.data(), &order, values.data(), &needed, &size, &integer_needed, &integer_size, &info);
  size = static_cast<int>(needed);
  integer_size = integer_needed;
  std::vector<double> work(static_cast<std::size_t>(size));
  std::vector<int> integer_work(static_cast<std::size_t>(integer_size));
  dsyevd_("V", "U", &order, matrix.data(), &order, values.data(), work.data(), &size, integer_work.data(), &integer_size, &info);
  if (info != 0) throw RunError({"zca: eigenvalues of the training covariance", "dsyevd to converge", fmt::format("info = {}", info), ""});
  return values;
}

}  // namespace

void Whitening::apply(float* images, std::int64_t count) const {
  use_one_thread();
  const auto size = static_cast<std::size_t>(features);
  thread_local std::vector<float> centred;
  centred.resize(static_cast<std::size_t>(count) * size);
  for (std::size_t i = 0; i < centred.size(); i += size)
    for (std::size_t j = 0; j < size; ++j) centred[i + j] = images[i + j] - mean[j];
  const int order = static_cast<int>(features);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, static_cast<int>(count), order, order, 1.0f, centred.data(), order, matrix.data(),
              order, 0.0f, images, order);
}

Whitening fit_whitening(const ImageStream& stream, std::int64_t features, double epsilon) {
  use_one_thread();
  const auto size = static_cast<std::size_t>(features);
  const int order = static_cast<int>(features);
  const std::vector<double> mean = mean_of(stream, size);
  std::vector<double> vectors = covariance_of(stream, mean);
  const std::vector<double> values = decompose(vectors, size);
  // W = B^T B with row k of B the k-th eigenvector times (s_k + epsilon)^(-1/4). Rounding can leave an eigenvalue just below 0.
  for (std::size_t k = 0; k < size; ++k) {
    const double factor = std::pow(std::max(values[k], 0.0) + epsilon, -0.25);
    for (std::size_t j = 0; j < size; ++j) vectors[k * size + j] *= factor;
  }
  std::vector<double> product(size * size);
  cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, order, order, 1.0, vectors.data(), order, 0.0, product.data(), order);
  vectors = {};

  Whitening whitening;
  whitening.features = features;
  whitening.min_eigenvalue = values.front();
  whitening.largest_eigenvalue = values.back();
  whitening.mean.assign(mean.begin(), mean.end());
  whitening.matrix.resize(size * size);
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = 0; j <= i; ++j)
      whitening.matrix[i * size + j] = whitening.matrix[j * size + i] = static_cast<float>(product[i * size + j]);
  return whitening;
}

std::string blas_kernels() {
  return fmt::format("OpenBLAS {}", openblas_get_corename());
}

}  // namespace reprise::datasets
