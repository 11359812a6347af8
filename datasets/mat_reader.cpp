#include "datasets/mat_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <matio.h>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "suite/errors.hpp"
#include "suite/records/digest.hpp"

namespace reprise::datasets {

namespace {

struct CloseMat {
  void operator()(mat_t* file) const { Mat_Close(file); }
};
struct FreeVariable {
  void operator()(matvar_t* variable) const { Mat_VarFree(variable); }
};
using MatFile = std::unique_ptr<mat_t, CloseMat>;
using Variable = std::unique_ptr<matvar_t, FreeVariable>;

std::string sha256_of(const std::filesystem::path& path, const std::string& fix) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
  records::Sha256 sha;
  std::vector<std::byte> block(1 << 20);
  for (std::size_t read = block.size(); read == block.size();) {
    read = std::fread(block.data(), 1, block.size(), file.get());
    if (std::ferror(file.get()) != 0) throw InputError({path.string(), "a readable file", std::strerror(errno), fix});
    sha.add(std::span(block.data(), read));
  }
  return records::hex(sha.finish());
}

std::vector<std::int64_t> sizes_of(const matvar_t& variable) {
  return {variable.dims, variable.dims + variable.rank};
}

class Reader {
 public:
  Reader(const std::filesystem::path& path, const std::string& fix)
      : path_(path), fix_(fix), file_(Mat_Open(path.c_str(), MAT_ACC_RDONLY)) {
    if (!file_) refuse("", "a MATLAB file of version 5 or 7.3", "another format");
    if (Mat_GetVersion(file_.get()) == MAT_FT_MAT4) refuse("", "a MATLAB file of version 5 or 7.3", "version 4");
  }

  /// A variable with its values.
  Variable read(const char* name) const {
    Variable variable(Mat_VarRead(file_.get(), name));
    if (!variable || variable->data == nullptr) refuse(name, "a variable of that name with its values", "none");
    return variable;
  }

  [[noreturn]] void refuse(const std::string& variable, const std::string& expected, const std::string& found) const {
    throw InputError({path_.string() + (variable.empty() ? "" : ", variable " + variable), expected, found, fix_});
  }

 private:
  std::filesystem::path path_;
  std::string fix_;
  MatFile file_;
};

/// Labels, whatever number type they have.
double label_at(const matvar_t& labels, std::int64_t i) {
  return labels.data_type == MAT_T_DOUBLE ? static_cast<const double*>(labels.data)[i] : static_cast<const std::uint8_t*>(labels.data)[i];
}

}  // namespace

std::string append_mat(const std::filesystem::path& path, const std::string& sha256, const std::string& fix, ImageSet& set) {
  const std::string found = sha256_of(path, fix);
  if (!sha256.empty() && found != sha256) throw InputError({path.string(), fmt::format("content of SHA-256 {}", sha256), found, fix});

  const Reader reader(path, fix);
  const Variable images = reader.read("X"), labels = reader.read("y");
  if (images->class_type != MAT_C_UINT8 || images->isComplex != 0) reader.refuse("X", "bytes (uint8)", "another type");
  const std::vector<std::int64_t> sizes = sizes_of(*images);
  if (sizes.size() != 4 || sizes[0] != set.height || sizes[1] != set.width || sizes[2] != set.channels)
    reader.refuse("X", fmt::format("[{}, {}, {}, count]", set.height, set.width, set.channels),
                  fmt::format("[{}]", fmt::join(sizes, ", ")));
  const std::int64_t count = sizes[3];
  if (labels->isComplex != 0 || (labels->data_type != MAT_T_UINT8 && labels->data_type != MAT_T_DOUBLE))
    reader.refuse("y", "numbers of type uint8 or double", "another type");
  if (sizes_of(*labels) != std::vector<std::int64_t>{count, 1})
    reader.refuse("y", fmt::format("[{}, 1]", count), fmt::format("[{}]", fmt::join(sizes_of(*labels), ", ")));

  for (std::int64_t i = 0; i < count; ++i) {
    const double label = label_at(*labels, i);
    if (!(label >= 1 && label <= set.classes) || label != std::floor(label))
      reader.refuse("y", fmt::format("a class from 1 to {}", set.classes), fmt::format("{} for image {}", label, i + 1));
    set.labels.push_back(static_cast<std::int32_t>(label) % set.classes);
  }
  // By columns: a pixel's neighbour below is next to it.
  const auto* values = static_cast<const std::uint8_t*>(images->data);
  const std::int64_t plane = std::int64_t{set.height} * set.width;
  const std::size_t before = set.pixels.size();
  set.pixels.resize(before + static_cast<std::size_t>(count * set.channels * plane));
  std::uint8_t* pixel = set.pixels.data() + before;
  for (std::int64_t p = 0; p < count * set.channels; ++p, values += plane)
    for (int row = 0; row < set.height; ++row)
      for (int column = 0; column < set.width; ++column) *pixel++ = values[column * set.height + row];
  set.count += count;
  return found;
}

}  // namespace reprise::datasets
