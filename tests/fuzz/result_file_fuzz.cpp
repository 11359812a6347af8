// Any bytes as a result file. Bytes that start like HDF5 are taken as they are: without the right seal they must be refused by it,
// before HDF5 sees them. Other bytes choose how a sealed file of another writer differs from one of ours: what it leaves out, what has
// another type or shape, what contradicts what. (A seal that fits damaged HDF5 is not made: then HDF5 would be under test.)

#include "suite/records/hdf5_writer.hpp"
#include "suite/records/record_digest.hpp"
#include "suite/records/result_file.hpp"
#include "suite/records/seal.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace reprise;
using records::hdf5::Writer;

std::string complaint_of(const std::function<void()>& read) {
  try {
    read();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// What was read is what its digest says, and is written and read again as the same.
void read(fuzz::InputFile& file) {
  const records::RunRecord record = records::read_result(file.path());
  const std::filesystem::path again = file.folder() / "again.h5";
  records::write_result(record, again);
  const auto digest = [](const records::RunRecord& of) { return records::record_digest(of, records::Part::everything); };
  fuzz::require(digest(records::read_result(again)) == digest(record), "a result reads back as it was written");
}

void read_raw(fuzz::InputFile& file, std::string_view bytes) {
  file.set(bytes);
  fuzz::reads_or_refuses([&] { read(file); });
  const std::string refusal = complaint_of([&] { records::sealed_content("result file", file.path(), records::bytes_of(bytes)); });
  if (!refusal.empty()) fuzz::require(complaint_of([&] { records::read_result(file.path()); }) == refusal, "the seal refuses, not HDF5");
}

/// Writes the objects of a result file, each as the next choice says; 0 is the right way.
class OddWriter {
 public:
  explicit OddWriter(fuzz::Choices& choices) : choices_(choices) {}

  std::vector<std::byte> image() {
    Writer file;
    file_ = &file;
    identity();
    group("/recipe"), texts("/recipe/toml", {"batch = 128\n"}, true);
    group("/provenance"), attribute("/provenance", "isa", "avx2"), texts("/provenance/deviations", {"fewer epochs", ""}, false);
    numbers("/epoch", 3);
    for (const char* name : {"/metrics", "/timing"}) {
      group(name);
      numbers(std::string(name) + "/a", 3);
      attribute(std::string(name) + "/a", "unit", "percent");
    }
    group("/digests"), texts("/digests/weights", {"aa", "bb", "cc"}, false);
    group("/predictions"), labels("/predictions/labels"), labels("/predictions/predictions");
    group("/results");
    if (choices_.next(4) != 1) attempt([&] { file_->set_attribute("/results", "error", 0.5); });
    table();
    images();
    group("/weights");
    array<float>("/weights/w", {2, 3});
    return file.image();
  }

 private:
  /// An object whose parent was left out cannot be written; then the file goes without it.
  void attempt(const std::function<void()>& write) {
    try {
      write();
    } catch (const records::hdf5::Error&) {
    }
  }
  void identity() {
    attribute("/", "schema", "reprise result");
    const std::int64_t version = choices_.next(3) == 0 ? 1 : 2;
    attempt([&] { file_->set_attribute("/", "schema_version", version); });
    for (const char* name : {"paper", "trial", "scale", "run_id", "status"}) attribute("/", name, "x");
    attempt([&] { file_->set_attribute("/", "seed", std::int64_t{7}); });
    attribute("/", "content_sha256", std::string(64, '0'));
  }
  void group(const std::string& path) {
    const unsigned choice = choices_.next(8);
    if (choice == 1) return;
    attempt([&] {
      if (choice == 2) return file_->write_text(path, "a text where a group should be");
      file_->create_group(path);
      if (choice == 3) file_->create_group(path + "/inner");
      if (choice == 4) file_->write_text(path + "/\xff\xfe", "a name that is not UTF-8");
    });
  }
  void attribute(const std::string& object, const std::string& name, const std::string& value) {
    const unsigned choice = choices_.next(8);
    if (choice == 1) return;
    attempt([&] {
      if (choice == 2) return file_->set_attribute(object, name, std::int64_t{5});
      if (choice == 3) return file_->set_attribute(object, name, 0.5);
      if (choice == 4) return file_->set_attribute(object, name, std::vector<std::string>{});
      if (choice == 5) return file_->set_attribute(object, name, std::vector<std::string>{value, value});
      if (choice == 6) return file_->set_attribute(object, name, std::string("\xc3\x28"));
      file_->set_attribute(object, name, value);
    });
  }
  void texts(const std::string& path, const std::vector<std::string>& values, bool is_scalar) {
    const unsigned choice = choices_.next(8);
    if (choice == 1) return;
    if (choice == 2) return array<double>(path, {3});
    attempt([&] {
      if (choice == 3) return file_->write_texts(path, {});
      if (choice == 4) return file_->write_texts(path, std::vector<std::string>(70, "y"));
      if (choice == 5) return file_->create_group(path);
      if (choice == 6) return file_->write_text(path, "");
      is_scalar ? file_->write_text(path, values.front()) : file_->write_texts(path, values);
    });
  }
  template <typename T>
  void array(const std::string& path, std::vector<std::int64_t> shape) {
    switch (choices_.next(8)) {
      case 1:
        shape = {};
        break;
      case 2:
        shape = {0};
        break;
      case 3:
        shape.push_back(2);
        break;
      case 4:
        shape.insert(shape.begin(), 40, 1);
        break;  // more dimensions than HDF5 has
      case 5:
        shape.front() = 300;
        break;  // enough to be compressed
      case 6:
        shape = {-1};
        break;
      default:
        break;
    }
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent < 0 ? 0 : extent);
    const std::vector<T> values(count, T{1});
    attempt([&] { file_->write<T>(path, values, shape); });
  }
  void numbers(const std::string& path, std::int64_t count) {
    const unsigned choice = choices_.next(6);
    if (choice == 1) return;
    choice == 2 ? array<std::int64_t>(path, {count}) : choice == 3 ? array<float>(path, {count}) : array<double>(path, {count});
  }
  void labels(const std::string& path) {
    const unsigned choice = choices_.next(6);
    if (choice == 1) return;
    choice == 2 ? array<std::uint8_t>(path, {4}) : array<std::int32_t>(path, {4});
  }
  void table() {
    group("/tables"), group("/tables/t");
    attribute("/tables/t", "title", "Title"), attribute("/tables/t", "x", "p");
    numbers("/tables/t/p", 2), numbers("/tables/t/q", 2);
  }
  void images() {
    group("/images");
    array<std::uint8_t>("/images/i", {1, 2, 2, 3});
    attribute("/images/i", "title", "Title");
    if (choices_.next(2) == 1)
      attempt([&] { file_->set_attribute("/images/i", "captions", std::vector<std::string>(choices_.next(4), "c")); });
  }

  fuzz::Choices& choices_;
  Writer* file_ = nullptr;
};

/// The refusal of a wrong digest states the right one; with it the file is sound, if it is otherwise.
std::vector<std::byte> with_right_digest(std::vector<std::byte> image, const std::string& refusal) {
  const std::string_view mark = "content_sha256': expected ", found = ", found ";
  const std::size_t at = refusal.find(mark), digest = at == std::string::npos ? at : refusal.find(found, at);
  if (digest == std::string::npos || refusal.size() < digest + found.size() + 64) return image;
  std::string_view bytes(reinterpret_cast<const char*>(image.data()), image.size());
  const std::size_t place = bytes.find(std::string(64, '0'));
  if (place == std::string_view::npos) return image;
  for (std::size_t i = 0; i < 64; ++i) image[place + i] = static_cast<std::byte>(refusal[digest + found.size() + i]);
  return image;
}

std::string sealed(const std::vector<std::byte>& image) {
  return std::string(reinterpret_cast<const char*>(image.data()), image.size()) + records::seal_of(image);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file("input.h5");
  const std::string_view input = fuzz::text_of(data, size);
  if (input.starts_with("\x89HDF")) {
    read_raw(file, input);
    return 0;
  }
  fuzz::Choices choices(data, size);
  const std::vector<std::byte> image = OddWriter(choices).image();
  file.set(sealed(image));
  const std::string refusal = complaint_of([] { records::read_result(file.path()); });
  file.set(sealed(with_right_digest(image, refusal)));
  const bool is_read = fuzz::reads_or_refuses([] { read(file); });
  fuzz::require(is_read || size > 0, "a file that differs in nothing is read");
  return 0;
}
