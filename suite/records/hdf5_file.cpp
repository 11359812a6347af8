#include "suite/records/hdf5_file.hpp"

#include <pthread.h>

#include "suite/records/hdf5_handle.hpp"

namespace reprise::records::hdf5 {

namespace {

std::mutex one_at_a_time;

[[maybe_unused]] const int at_fork =
    pthread_atfork([] { one_at_a_time.lock(); }, [] { one_at_a_time.unlock(); }, [] { one_at_a_time.unlock(); });

}  // namespace

Library::Library() : lock_(one_at_a_time) {
  H5Eget_auto2(H5E_DEFAULT, &print_, &client_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

Library::~Library() {
  H5Eset_auto2(H5E_DEFAULT, print_, client_);
}

std::string library_text() {
  const Library library;
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion(&major, &minor, &release);
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(release);
}

File::~File() {
  if (id_ < 0) return;
  const Library library;
  H5Fclose(id_);
}

}  // namespace reprise::records::hdf5
