// Writes the first inputs of the binary corpora: reprise_fuzz_seeds tests/fuzz/corpus. The same files every time.

#include <matio.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "suite/records/checkpoint_format.hpp"
#include "suite/records/hdf5_writer.hpp"
#include "suite/records/result_file.hpp"
#include "tests/datasets/made_photographs.hpp"
#include "tests/datasets/npy_bytes.hpp"

namespace {

using namespace reprise;
namespace fs = std::filesystem;

void put(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << bytes;
}

void put_gzipped(const fs::path& file, const std::string& bytes) {
  fs::create_directories(file.parent_path());
  const gzFile stream = gzopen(file.c_str(), "wb9");
  gzwrite(stream, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(stream);
}

std::string text_of(records::Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void idx(const fs::path& folder) {
  const std::string labels("\0\0\10\1\0\0\0\3\7\2\1", 11), images("\0\0\10\3\0\0\0\2\0\0\0\2\0\0\0\1\1\2\3\4", 20);
  put(folder / "labels", labels);
  put(folder / "images", images);
  put(folder / "images-of-floats", std::string("\0\0\15\3", 4) + images.substr(4));
  put(folder / "labels-and-more", labels + "x");
  put_gzipped(folder / "labels.gz", labels);
  put_gzipped(folder / "images.gz", images);
}

void cifar(const fs::path& folder) {
  std::string record;
  for (int i = 0; i < 3074; ++i) record += static_cast<char>(i / 1024);
  put(folder / "one-of-10", record.substr(0, 3073));
  put(folder / "one-of-100", record);
  put(folder / "cut", record.substr(0, 1000));
}

records::Checkpoint small_checkpoint() {
  records::Checkpoint checkpoint;
  checkpoint.numbers = {{"step", 12}, {"seed", -1}};
  checkpoint.texts = {{"run_id", "0123"}};
  checkpoint.tensors["w"] = {{2, 3}, {1, 2, 3, 4, 5, 6}};
  checkpoint.tensors["scalar"] = {{}, {0.5f}};
  checkpoint.doubles["loss"] = {0.5};
  checkpoint.integers["order"] = {3, 1};
  checkpoint.bytes["mask"] = {1, 0};
  return checkpoint;
}

void checkpoint(const fs::path& folder) {
  for (const bool is_empty : {false, true}) {
    std::string bytes;
    records::serialise(is_empty ? records::Checkpoint{} : small_checkpoint(), [&](records::Bytes piece) { bytes += text_of(piece); });
    put(folder / (is_empty ? "empty" : "each-kind"), bytes);
    put(folder / (is_empty ? "empty-cut" : "each-kind-cut"), bytes.substr(0, bytes.size() - 9));
  }
}

void result_file(const fs::path& folder) {
  const fs::path whole = folder / "empty-record.h5";
  fs::create_directories(folder);
  records::write_result({}, whole);
  for (int choice = 0; choice < 8; ++choice) put(folder / ("all-" + std::to_string(choice)), std::string(80, static_cast<char>(choice)));
  std::string alternating;
  for (int i = 0; i < 80; ++i) alternating += static_cast<char>(i % 9 == 8 ? i / 9 % 8 : 0);
  put(folder / "some", alternating);
}

void hdf5_container(const fs::path& folder) {
  for (const bool has_names : {false, true}) {
    records::hdf5::Writer file;
    for (const std::string split : {"/train", "/test"}) {
      file.create_group(split);
      file.write<std::uint8_t>(split + "/images", std::vector<std::uint8_t>(has_names ? 8 : 600, 7), {2, 1, 2, has_names ? 2 : 150});
      file.write<std::int64_t>(split + "/labels", std::vector<std::int64_t>{0, 1}, {2});
    }
    if (has_names) file.set_attribute("/", "class_names", std::vector<std::string>{"cat", "dog"});
    put(folder / (has_names ? "named.h5" : "compressed.h5"), text_of(file.image()));
  }
  put(folder / "no-hdf5", "label,pixel\n");
}

std::string text_of(const datasets::Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

void photograph(const fs::path& folder) {
  for (const int channels : {1, 3, 4})
    put(folder / ("of-" + std::to_string(channels)), text_of(datasets::jpeg(19, 13, 1, {.channels = channels})));
  const std::string progressive = text_of(datasets::jpeg(24, 24, 2, {.quality = 50, .progressive = true}));
  put(folder / "progressive", progressive);
  put(folder / "cut", progressive.substr(0, progressive.size() / 2));
  put(folder / "png", text_of(datasets::png_of(datasets::pattern(7, 5, 3, 1), 7, 5)));
}

/// Two digits of 2 x 3 pixels, without the date that matio puts into a header of its own.
void mat(const fs::path& folder) {
  fs::create_directories(folder);
  const auto write = [&](const char* name, mat_ft version, matio_compression compression) {
    const fs::path path = folder / name;
    mat_t* file = Mat_CreateVer(path.c_str(), "MATLAB 5.0 MAT-file, made for a test", version);
    std::array<std::size_t, 4> sizes{2, 3, 3, 2};
    std::array<std::size_t, 2> column{2, 1};
    std::array<std::uint8_t, 36> images;
    std::iota(images.begin(), images.end(), std::uint8_t{0});
    std::array<std::uint8_t, 2> labels{10, 1};
    for (matvar_t* variable : {Mat_VarCreate("X", MAT_C_UINT8, MAT_T_UINT8, 4, sizes.data(), images.data(), 0),
                               Mat_VarCreate("y", MAT_C_UINT8, MAT_T_UINT8, 2, column.data(), labels.data(), 0)}) {
      Mat_VarWrite(file, variable, compression);
      Mat_VarFree(variable);
    }
    Mat_Close(file);
  };
  write("plain", MAT_FT_MAT5, MAT_COMPRESSION_NONE);
  write("packed", MAT_FT_MAT5, MAT_COMPRESSION_ZLIB);
  put(folder / "no-matlab", "label,pixel\n");
}

/// Labels of each type that is read, in both versions of the format, and images.
void npy(const fs::path& folder) {
  const auto write = [&](const char* name, const char* type, const char* shape, const datasets::Bytes& numbers, int version) {
    put(folder / name, text_of(datasets::npy_bytes(datasets::npy_dictionary(type, shape), numbers, version)));
  };
  write("bytes", "|u1", "(3,)", {1, 2, 9}, 1);
  write("int32", "<i4", "(2,)", datasets::little_endian({1, 2}, 4), 1);
  write("int64", "<i8", "(2,)", datasets::little_endian({1, 2}, 8), 2);
  write("images", "|u1", "(1, 1, 2, 3)", {1, 2, 3, 4, 5, 6}, 1);
  write("cut", "<i8", "(2,)", datasets::little_endian({1}, 8), 1);
  put(folder / "fortran", text_of(datasets::npy_bytes(datasets::npy_dictionary("|u1", "(1,)", "True"), {1})));
}

void tar_members(const fs::path& folder) {
  const datasets::Bytes inner = datasets::tar_of({{"a.jpg", {1, 2, 3}}});
  const std::string tar = text_of(datasets::tar_of({{"cat/", {}}, {"cat/" + std::string(120, 'a'), {4, 5}}, {"dog.tar", inner}}));
  put(folder / "nested", tar);
  put(folder / "cut", tar.substr(0, 1100));
  put(folder / "empty", std::string(1024, '\0'));
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: reprise_fuzz_seeds FOLDER\n");
    return 2;
  }
  const fs::path folder = arguments[1];
  idx(folder / "idx");
  cifar(folder / "cifar");
  checkpoint(folder / "checkpoint");
  result_file(folder / "result_file");
  hdf5_container(folder / "hdf5_container");
  mat(folder / "mat");
  npy(folder / "npy");
  photograph(folder / "photograph");
  tar_members(folder / "tar_members");
}
