#pragma once
// An index of photographs: where the bytes of each one are and which class it is of, in some 50 bytes each.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace reprise::datasets {

class PhotographFiles {
 public:
  PhotographFiles();
  ~PhotographFiles();
  PhotographFiles(PhotographFiles&&) noexcept;
  PhotographFiles& operator=(PhotographFiles&&) noexcept;

  /// A folder or an archive, called `name` in messages and lists: "train/n01440764". Returns its number.
  int add_place(const std::filesystem::path& path, const std::string& name);
  /// A file of a folder; `stamp` tells versions of it apart.
  void add_file(int place, std::string_view name, std::int32_t label, std::uint64_t bytes, std::int64_t stamp);
  /// A member of an archive, at this offset of it.
  void add_member(int place, std::string_view name, std::int32_t label, std::uint64_t bytes, std::uint64_t offset, std::int64_t stamp);
  /// Takes out those at these indices (ascending).
  void remove(const std::vector<std::int64_t>& indices);
  /// Those at these indices (ascending), in that order.
  PhotographFiles chosen(std::span<const std::int64_t> indices) const;

  std::int64_t count() const;
  std::int32_t label(std::int64_t index) const;
  /// "train/n01440764/n01440764_10026.JPEG".
  std::string name(std::int64_t index) const;
  std::uint64_t bytes(std::int64_t index) const;
  /// Bytes of the file itself, which is what is kept of it. Throws InputError if it cannot be read or is shorter than when it was listed.
  /// Thread-safe.
  void read(std::int64_t index, std::vector<std::uint8_t>& to) const;
  /// Asks the system to have the file's bytes in memory soon.
  void read_ahead(std::int64_t index) const;

  /// Changes when a file is added, removed, renamed, rewritten or given another label.
  std::string stamp() const;
  std::int64_t bytes_held() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace reprise::datasets
