#include "datasets/photograph_layout.hpp"

#include <algorithm>

#include "made_photographs.hpp"

namespace reprise::datasets {
namespace {

/// A set of classes "cat" and "dog" in folder "pets", with every kind of archive and list.
struct Pets {
  TemporaryFolder folder;
  DatasetEntry entry;

  Pets() {
    entry.name = entry.title = "pets";
    entry.format = Format::photographs;
    entry.channels = 3, entry.height = entry.width = 8;
    entry.photographs.folder = "pets";
    entry.photographs.train_archive = "train.tar";
    entry.photographs.test_archive = "val.tar";
    entry.photographs.test_labels = "truth.txt";
  }
  std::filesystem::path root() const { return folder.path() / "pets"; }
  void put(const std::string& name, const Bytes& bytes = jpeg(8, 8, 1)) const { write_file(root() / name, bytes); }
  void put_text(const std::string& name, const std::string& text) const { put(name, Bytes(text.begin(), text.end())); }
  void put_train() const {
    for (const char* name : {"train/cat/b.JPEG", "train/cat/a.jpg", "train/dog/c.jpeg", "train/.hidden/x"}) put(name);
  }
  ListedPhotographs list() const { return list_photographs(entry, folder.path()); }
  void expect(const std::vector<std::string>& parts) const {
    expect_error([&] { list(); }, parts);
  }
};

std::vector<std::string> names(const PhotographFiles& files) {
  std::vector<std::string> result;
  for (std::int64_t i = 0; i < files.count(); ++i) result.push_back(files.name(i) + " " + std::to_string(files.label(i)));
  return result;
}

Bytes read(const PhotographFiles& files, std::int64_t index) {
  Bytes bytes;
  files.read(index, bytes);
  return bytes;
}

TEST(PhotographLayout, a_folder_per_class) {
  const Pets pets;
  pets.put_train();
  pets.put("val/cat/d.png"), pets.put("val/dog/e.jpg");
  const ListedPhotographs listed = pets.list();
  EXPECT_EQ(listed.class_names, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(names(listed.train), (std::vector<std::string>{"train/cat/a.jpg 0", "train/cat/b.JPEG 0", "train/dog/c.jpeg 1"}));
  EXPECT_EQ(names(listed.test), (std::vector<std::string>{"val/cat/d.png 0", "val/dog/e.jpg 1"}));
}

TEST(PhotographLayout, a_list_of_test_files_with_class_names_or_numbers) {
  const Pets pets;
  pets.put_train();
  pets.put("val/one.jpg"), pets.put("val/two.jpg");
  pets.put_text("val.txt", "# made by hand\ntwo.jpg cat\nval/one.jpg 1\n\n");
  EXPECT_EQ(names(pets.list().test), (std::vector<std::string>{"val/one.jpg 1", "val/two.jpg 0"}));
}

TEST(PhotographLayout, the_official_numbers_follow_the_order_of_file_names) {
  const Pets pets;
  pets.put_train();
  pets.put("val/one.jpg"), pets.put("val/two.jpg");
  pets.put_text("truth.txt", "1\n2\n");
  pets.put_text("synsets.txt", "dog\ncat\n");
  EXPECT_EQ(names(pets.list().test), (std::vector<std::string>{"val/one.jpg 1", "val/two.jpg 0"}));
  pets.put_text("truth.txt", "1\n3\n");
  pets.expect({"truth.txt, line 2", "a number from 1 to 2", "3"});
  pets.put_text("truth.txt", "1\n");
  pets.expect({"truth.txt", "2 lines", "found 1"});
}

TEST(PhotographLayout, archives_of_archives_or_of_folders_read_the_same_bytes) {
  const Bytes a = jpeg(8, 8, 1), b = jpeg(9, 8, 2), c = jpeg(8, 9, 3), test = jpeg(10, 10, 4);
  const std::string long_name = std::string(110, 'n') + ".JPEG";
  for (const bool nested : {true, false}) {
    const Pets pets;
    if (nested)
      pets.put("train.tar", tar_of({{"dog.tar", tar_of({{long_name, c}})}, {"cat.tar", tar_of({{"a.JPEG", a}, {"b.JPEG", b}})}}));
    else
      pets.put("train.tar", tar_of({{"train/", {}}, {"train/dog/" + long_name, c}, {"train/cat/a.JPEG", a}, {"train/cat/b.JPEG", b}}));
    pets.put("val.tar", tar_of({{"v.JPEG", test}}));
    pets.put_text("val.txt", "v.JPEG dog\n");
    const ListedPhotographs listed = pets.list();
    ASSERT_EQ(names(listed.train),
              (std::vector<std::string>{"train.tar/dog/" + long_name + " 1", "train.tar/cat/a.JPEG 0", "train.tar/cat/b.JPEG 0"}));
    EXPECT_EQ(read(listed.train, 0), c);
    EXPECT_EQ(read(listed.train, 2), b);
    EXPECT_EQ(read(listed.test, 0), test);
    EXPECT_EQ(listed.test.label(0), 1);
  }
}

TEST(PhotographLayout, a_damaged_archive_is_named_with_the_place) {
  const Pets pets;
  Bytes tar = tar_of({{"train/cat/a.JPEG", jpeg(8, 8, 1)}, {"train/dog/b.JPEG", jpeg(8, 8, 2)}});
  pets.put("train.tar", Bytes(tar.begin(), tar.begin() + 700));
  pets.expect({"train.tar at byte 512", "bytes of member train/cat/a.JPEG", "found 188"});
  tar[3] ^= 1;
  pets.put("train.tar", tar);
  pets.expect({"train.tar at byte 0", "the header of a tar member", "a wrong check sum"});
}

TEST(PhotographLayout, nothing_there) {
  const Pets pets;
  pets.expect({"data set 'pets'", "pets/train or ", "pets/train.tar", "no such folder", "--data"});
  pets.put_train();
  pets.expect({"data set 'pets'", "pets/val", "no such folder"});
}

TEST(PhotographLayout, an_empty_class) {
  const Pets pets;
  pets.put_train();
  std::filesystem::create_directories(pets.root() / "train/emu");
  pets.expect({"train/emu", "photographs of the class", "an empty folder"});
}

TEST(PhotographLayout, one_class_in_two_spellings) {
  const Pets pets;
  pets.put_train();
  pets.put("train/Cat/z.jpg");
  pets.expect({"train", "one folder a class", "'Cat' and 'cat'"});
  std::filesystem::remove_all(pets.root() / "train/Cat");
  pets.put("val/cat/a.jpg"), pets.put("val/Dog/b.jpg");
  pets.expect({"val/Dog", "class 'dog', as in the training set", "'Dog'", "same spelling"});
}

TEST(PhotographLayout, classes_that_do_not_match) {
  const Pets pets;
  pets.put_train();
  pets.put("val/cat/a.jpg");
  pets.expect({"val", "a folder for class 'dog'", "none"});
  pets.put("val/dog/b.jpg"), pets.put("val/emu/c.jpg");
  pets.expect({"val/emu", "a class of the training set", "'emu'"});
}

TEST(PhotographLayout, a_file_that_is_no_photograph) {
  const Pets pets;
  pets.put_train();
  pets.put_text("train/cat/Thumbs.db", "x");
  pets.expect({"train/cat/Thumbs.db", ".jpg, .jpeg or .png", "Move it away"});
}

TEST(PhotographLayout, a_list_with_a_missing_a_doubled_and_an_unknown_file) {
  const Pets pets;
  pets.put_train();
  pets.put("val/one.jpg"), pets.put("val/two.jpg");
  pets.expect({"labels of", "val.txt or ", "truth.txt with synsets.txt", "no such file"});
  pets.put_text("val.txt", "one.jpg cat\ntwo.jpg dog\nthree.jpg dog\n");
  pets.expect({"val.txt", "files that are in", "three.jpg, which is not"});
  pets.put_text("val.txt", "one.jpg cat\n");
  pets.expect({"val/two.jpg", "a line for it in", "none"});
  pets.put_text("val.txt", "one.jpg cat\none.jpg dog\n");
  pets.expect({"val.txt, line 2", "each file once", "one.jpg again"});
  pets.put_text("val.txt", "one.jpg\n");
  pets.expect({"val.txt, line 1", "FILE CLASS"});
  pets.put_text("val.txt", "one.jpg 2\n");
  pets.expect({"val.txt, line 1", "a class below 2"});
  pets.put_text("val.txt", "one.jpg cow\n");
  pets.expect({"val.txt, line 1", "a class of the training set", "'cow'"});
}

TEST(PhotographLayout, leaves_out_what_is_listed) {
  const Pets pets;
  pets.put_train();
  pets.put("val/cat/d.jpg"), pets.put("val/dog/e.jpg");
  const std::string before = pets.list().train.stamp();
  pets.put_text("exclude.txt", "train/cat/b.JPEG\nval/dog/e.jpg\n");
  const ListedPhotographs listed = pets.list();
  EXPECT_EQ(names(listed.train), (std::vector<std::string>{"train/cat/a.jpg 0", "train/dog/c.jpeg 1"}));
  EXPECT_EQ(names(listed.test), (std::vector<std::string>{"val/cat/d.jpg 0"}));
  EXPECT_NE(listed.train.stamp(), before);
  pets.put_text("exclude.txt", "# none of these\ntrain/cat/x.jpg\n");
  pets.expect({"exclude.txt, line 2", "a photograph of the set", "'train/cat/x.jpg'"});
}

TEST(PhotographLayout, numbers_other_than_the_entrys) {
  Pets pets;
  pets.put_train();
  pets.put("val/cat/d.jpg"), pets.put("val/dog/e.jpg");
  pets.entry.train.count = 4;
  pets.expect({"training photographs of", "expected 4, found 3"});
  pets.entry.train.count = 3, pets.entry.class_names = {"cat"};
  pets.expect({"1 classes", "found 2"});
}

TEST(PhotographLayout, draws_a_split_where_there_is_none) {
  Pets pets;
  pets.entry.photographs.train_per_class = 3, pets.entry.photographs.test_per_class = 2;
  for (int i = 0; i < 6; ++i) pets.put("cat/" + std::to_string(i) + ".jpg"), pets.put("dog/" + std::to_string(i) + ".jpg");
  const ListedPhotographs listed = pets.list();
  EXPECT_EQ(listed.train.count(), 6);
  EXPECT_EQ(listed.test.count(), 4);
  std::vector<std::string> all = names(listed.train), test = names(listed.test);
  all.insert(all.end(), test.begin(), test.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(listed.train.label(2), 0);
  EXPECT_EQ(listed.train.label(3), 1);
  pets.entry.photographs.train_per_class = 6;
  pets.expect({"pets/cat", "more than 6 photographs", "found 6"});
}

TEST(PhotographFiles, an_index_takes_less_than_a_hundred_bytes_a_file) {
  PhotographFiles files;
  const int place = files.add_place("/nowhere", "train/n01440764");
  for (int i = 0; i < 100000; ++i) files.add_file(place, "n01440764_" + std::to_string(100000 + i) + ".JPEG", 0, 1000, i);
  EXPECT_LT(files.bytes_held(), 100 * files.count());
}

TEST(PhotographFiles, a_file_that_shrank_or_went_is_named) {
  const Pets pets;
  pets.put_train();
  pets.put("val/cat/d.jpg"), pets.put("val/dog/e.jpg");
  const ListedPhotographs listed = pets.list();
  pets.put("train/cat/a.jpg", Bytes(10, 0));
  expect_error([&] { read(listed.train, 0); }, {"train/cat/a.jpg at byte 10", "the end of the file"});
  std::filesystem::remove(pets.root() / "train/cat/b.JPEG");
  expect_error([&] { read(listed.train, 1); }, {"train/cat/b.JPEG", "No such file"});
}

}  // namespace
}  // namespace reprise::datasets
