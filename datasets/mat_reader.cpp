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
#include <string>
#include <vector>

#include "datasets/isolated_bytes.hpp"
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

  /// That matio has as many bytes of a variable as its sizes say.
  void check_bytes(const char* name, const matvar_t& variable, std::int64_t bytes) const {
    if (static_cast<std::int64_t>(variable.nbytes) < bytes) refuse(name, fmt::format("{} bytes", bytes), std::to_string(variable.nbytes));
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

/// In the child: the number of images, their labels (int32) and their pixels, image by image.
void send_images(const std::filesystem::path& path, const std::string& fix, const ImageSet& like, const IsolatedBytes::Send& send) {
  const Reader reader(path, fix);
  const Variable images = reader.read("X"), labels = reader.read("y");
  if (images->class_type != MAT_C_UINT8 || images->isComplex != 0) reader.refuse("X", "bytes (uint8)", "another type");
  const std::vector<std::int64_t> sizes = sizes_of(*images);
  if (sizes.size() != 4 || sizes[0] != like.height || sizes[1] != like.width || sizes[2] != like.channels || sizes[3] < 1)
    reader.refuse("X", fmt::format("[{}, {}, {}, count]", like.height, like.width, like.channels),
                  fmt::format("[{}]", fmt::join(sizes, ", ")));
  const std::int64_t count = sizes[3], plane = std::int64_t{like.height} * like.width;
  if (labels->isComplex != 0 || (labels->data_type != MAT_T_UINT8 && labels->data_type != MAT_T_DOUBLE))
    reader.refuse("y", "numbers of type uint8 or double", "another type");
  if (sizes_of(*labels) != std::vector<std::int64_t>{count, 1})
    reader.refuse("y", fmt::format("[{}, 1]", count), fmt::format("[{}]", fmt::join(sizes_of(*labels), ", ")));
  reader.check_bytes("X", *images, count * like.channels * plane);
  reader.check_bytes("y", *labels, count * (labels->data_type == MAT_T_DOUBLE ? 8 : 1));

  std::vector<std::int32_t> classes;
  for (std::int64_t i = 0; i < count; ++i) {
    const double label = label_at(*labels, i);
    if (!(label >= 1 && label <= like.classes) || label != std::floor(label))
      reader.refuse("y", fmt::format("a class from 1 to {}", like.classes), fmt::format("{} for image {}", label, i + 1));
    classes.push_back(static_cast<std::int32_t>(label) % like.classes);
  }
  send(&count, sizeof count);
  send(classes.data(), classes.size() * sizeof classes.front());
  // By columns: a pixel's neighbour below is next to it.
  const auto* values = static_cast<const std::uint8_t*>(images->data);
  std::vector<std::uint8_t> image(static_cast<std::size_t>(like.channels * plane));
  for (std::int64_t i = 0; i < count; ++i) {
    std::uint8_t* pixel = image.data();
    for (int channel = 0; channel < like.channels; ++channel, values += plane)
      for (int row = 0; row < like.height; ++row)
        for (int column = 0; column < like.width; ++column) *pixel++ = values[column * like.height + row];
    send(image.data(), image.size());
  }
}

}  // namespace

std::string append_mat(const std::filesystem::path& path, const std::string& sha256, const std::string& fix, ImageSet& set) {
  const std::string found = sha256_of(path, fix);
  if (!sha256.empty() && found != sha256) throw InputError({path.string(), fmt::format("content of SHA-256 {}", sha256), found, fix});
  try {
    IsolatedBytes bytes([&](const IsolatedBytes::Send& send) { send_images(path, fix, set, send); });
    const auto count = bytes.value<std::int64_t>();
    const std::size_t images = set.labels.size(), pixels = set.pixels.size();
    set.labels.resize(images + static_cast<std::size_t>(count));
    bytes.read(set.labels.data() + images, static_cast<std::size_t>(count) * sizeof(std::int32_t));
    set.pixels.resize(pixels + static_cast<std::size_t>(count * set.image_bytes()));
    bytes.read(set.pixels.data() + pixels, static_cast<std::size_t>(count * set.image_bytes()));
    set.count += count;
  } catch (const ChildEnded& ended) {
    throw InputError(
        {path.string(), "a MATLAB file that matio can read", fmt::format("damage, at which the library ended with {}", ended.what()), fix});
  }
  return found;
}

}  // namespace reprise::datasets
