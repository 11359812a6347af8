// Any bytes as a tar archive: members lie inside it.

#include "datasets/tar_members.hpp"
#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  static fuzz::InputFile file("input.tar");
  file.set(fuzz::text_of(data, size));
  fuzz::reads_or_refuses([&] {
    datasets::for_each_tar_member(file.path(), [&](const datasets::TarMember& member) {
      fuzz::require(member.offset <= size && member.bytes <= size - member.offset, "a member inside the archive");
    });
  });
  return 0;
}
