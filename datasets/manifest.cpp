#include "datasets/manifest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "datasets/corrupted_images.hpp"
#include "datasets/stl10_reader.hpp"
#include "datasets/video_entries.hpp"
#include "suite/errors.hpp"

namespace reprise::datasets {

namespace {

const std::vector<std::string> kDigits = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
const std::vector<std::string> kClothes = {"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
                                           "Sandal",      "Shirt",   "Sneaker",  "Bag",   "Ankle boot"};
const std::vector<std::string> kCifar10 = {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};

// clang-format off
const std::vector<std::string> kCifar100 = {
      "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy", "bridge",
      "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock", "cloud", "cockroach",
      "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish", "forest", "fox", "girl", "hamster",
      "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion", "lizard", "lobster", "man", "maple_tree",
      "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange", "orchid", "otter", "palm_tree", "pear", "pickup_truck",
      "pine_tree", "plain", "plate", "poppy", "porcupine", "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea",
      "seal", "shark", "shrew", "skunk", "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower",
      "sweet_pepper", "table", "tank", "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle",
      "wardrobe", "whale", "willow_tree", "wolf", "woman", "worm"};
// clang-format on

const std::vector<std::int64_t> kMnistTrain = {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949};
const std::vector<std::int64_t> kMnistTest = {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009};

DatasetEntry mnist() {
  DatasetEntry entry;
  entry.name = "mnist";
  entry.title = "MNIST handwritten digits";
  entry.channels = 1, entry.height = 28, entry.width = 28;
  entry.class_names = kDigits;
  entry.train = {{{"mnist/train-images-idx3-ubyte.gz", 47040016, "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"},
                  {"mnist/train-labels-idx1-ubyte.gz", 60008, "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"}},
                 60000,
                 kMnistTrain,
                 ""};
  entry.test = {{{"mnist/t10k-images-idx3-ubyte.gz", 7840016, "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"},
                 {"mnist/t10k-labels-idx1-ubyte.gz", 10008, "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"}},
                10000,
                kMnistTest,
                ""};
  entry.urls = {"https://ossci-datasets.s3.amazonaws.com/mnist", "https://storage.googleapis.com/cvdf-datasets/mnist"};
  return entry;
}

DatasetEntry fashion_mnist() {
  DatasetEntry entry;
  entry.name = "fashion-mnist";
  entry.title = "Fashion-MNIST articles of clothing";
  entry.channels = 1, entry.height = 28, entry.width = 28;
  entry.class_names = kClothes;
  entry.train = {
      {{"fashion-mnist/train-images-idx3-ubyte.gz", 47040016, "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888"},
       {"fashion-mnist/train-labels-idx1-ubyte.gz", 60008, "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"}},
      60000,
      {},
      ""};
  entry.test = {{{"fashion-mnist/t10k-images-idx3-ubyte.gz", 7840016, "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b"},
                 {"fashion-mnist/t10k-labels-idx1-ubyte.gz", 10008, "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"}},
                10000,
                {},
                ""};
  entry.urls = {"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com"};
  entry.elsewhere = {"/usr/share/datasets/fashion-mnist"};
  entry.package = "dataset-fashion-mnist";
  return entry;
}

DatasetEntry cifar(const std::string& classes, Format format, const std::vector<std::string>& class_names) {
  DatasetEntry entry;
  entry.name = "cifar-" + classes;
  entry.title = "CIFAR-" + classes + " small colour photographs";
  entry.format = format;
  entry.channels = 3, entry.height = 32, entry.width = 32;
  entry.class_names = class_names;
  entry.urls = {"https://www.cs.toronto.edu/~kriz"};
  return entry;
}

DatasetEntry cifar10() {
  DatasetEntry entry = cifar("10", Format::cifar10, kCifar10);
  const char* digests[5] = {"cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                            "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                            "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                            "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                            "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add"};
  for (int i = 0; i < 5; ++i)
    entry.train.files.push_back({fmt::format("cifar-10-batches-bin/data_batch_{}.bin", i + 1), 30730000, digests[i]});
  entry.train.count = 50000;
  entry.test = {{{"cifar-10-batches-bin/test_batch.bin", 30730000, "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b"}},
                10000,
                {},
                ""};
  entry.archive = {"cifar-10-binary.tar.gz", 170052171, "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"};
  return entry;
}

DatasetEntry cifar100() {
  DatasetEntry entry = cifar("100", Format::cifar100, kCifar100);
  entry.train = {{{"cifar-100-binary/train.bin", 153700000, "f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29"}},
                 50000,
                 {},
                 "6d2a03c47c105e4c34d3a2ff16c2803e8df0e5d6fa0c631e46663a327aeac573"};
  entry.test = {{{"cifar-100-binary/test.bin", 30740000, "d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a"}},
                10000,
                {},
                "381b7d98ce1e9b98232a8df0db0a22992654c39ff2433270656ab8ace5a45e65"};
  entry.archive = {"cifar-100-binary.tar.gz", 168513733, "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec"};
  return entry;
}

/// Same images, classes and histogram as `base`, on a 64x64 canvas.
DatasetEntry canvas(const DatasetEntry& base) {
  DatasetEntry entry;
  entry.name = base.name + "-canvas64";
  entry.title = base.title + " at random positions on a black 64x64 canvas";
  entry.format = Format::canvas;
  entry.base = base.name;
  entry.channels = base.channels, entry.height = 64, entry.width = 64;
  entry.class_names = base.class_names;
  entry.train.count = base.train.count, entry.train.histogram = base.train.histogram;
  entry.test.count = base.test.count, entry.test.histogram = base.test.histogram;
  return entry;
}

/// Images, classes and sizes of the set of Larochelle et al. 2007, made anew from another choice of digits and other angles.
DatasetEntry rotated(const DatasetEntry& base, const std::string& stands_for, std::vector<std::int64_t> train_histogram,
                     std::vector<std::int64_t> test_histogram) {
  DatasetEntry entry;
  entry.name = base.name + "-rotated";
  entry.title = base.title + " turned by a random angle: a set made anew";
  entry.format = Format::rotated;
  entry.base = base.name;
  entry.stands_for = stands_for;
  entry.channels = base.channels, entry.height = base.height, entry.width = base.width;
  entry.class_names = base.class_names;
  entry.train = {{}, 12000, std::move(train_histogram), ""};
  entry.test = {{}, 50000, std::move(test_histogram), ""};
  return entry;
}

/// Another image of `base` in every epoch. Sums have classes of their own, whose counts hang on the pairs that are drawn.
DatasetEntry distorted(const DatasetEntry& base, Distortion distortion) {
  const DistortionEntry& kind = entry_of(distortion);
  DatasetEntry entry;
  entry.name = fmt::format("{}-{}", base.name, kind.suffix);
  entry.title = fmt::format("{} {}", base.title, kind.words);
  entry.format = Format::distorted;
  entry.base = base.name;
  entry.distortion = distortion;
  entry.channels = kind.channels, entry.height = entry.width = kind.side;
  entry.train.count = base.train.count, entry.test.count = base.test.count;
  if (distortion == Distortion::addition) {
    for (std::size_t sum = 0; sum + 1 < 2 * base.class_names.size(); ++sum) entry.class_names.push_back(std::to_string(sum));
  } else {
    entry.class_names = base.class_names;
    entry.train.histogram = base.train.histogram, entry.test.histogram = base.test.histogram;
  }
  return entry;
}

/// The published set (Larochelle et al. 2007): the first 10,000 of its 12,000 training images are for training, the rest for choices.
DatasetEntry mnist_rot() {
  DatasetEntry entry;
  entry.name = "mnist-rot";
  entry.title = "Rotated MNIST of Larochelle et al. 2007";
  entry.format = Format::amat;
  entry.channels = 1, entry.height = 28, entry.width = 28;
  entry.class_names = kDigits;
  entry.train = {{{"mnist-rot/mnist_all_rotation_normalized_float_train_valid.amat", 0, ""}}, 12000, {}, ""};
  entry.test = {{{"mnist-rot/mnist_all_rotation_normalized_float_test.amat", 0, ""}}, 50000, {}, ""};
  entry.urls = {"http://www.iro.umontreal.ca/~lisa/icml2007data"};
  return entry;
}

DatasetEntry synthetic(const std::string& name, const std::string& title, int channels, int side) {
  DatasetEntry entry;
  entry.name = name;
  entry.title = title;
  entry.format = Format::synthetic;
  entry.channels = channels, entry.height = side, entry.width = side;
  for (int i = 0; i < 10; ++i) entry.class_names.push_back(fmt::format("pattern {}", i));
  entry.train.count = 2000, entry.test.count = 500;
  return entry;
}

/// Sets that are too large, or come in formats that are not read here; a container that the user writes stands in for them.
DatasetEntry container(const std::string& name, const std::string& title, int side, std::vector<std::string> class_names, SplitEntry train,
                       SplitEntry test) {
  DatasetEntry entry;
  entry.name = name;
  entry.title = title;
  entry.format = Format::container;
  entry.channels = 3, entry.height = side, entry.width = side;
  entry.class_names = std::move(class_names);
  entry.train = std::move(train), entry.test = std::move(test);
  return entry;
}

/// As many images of each class.
SplitEntry balanced(std::size_t classes, std::int64_t each) {
  return {{}, static_cast<std::int64_t>(classes) * each, std::vector<std::int64_t>(classes, each), ""};
}

/// The numbers of the classes are not known.
SplitEntry counted(std::int64_t count) {
  return {{}, count, {}, ""};
}

/// Format 2. The two sets for training are joined, as most papers do.
DatasetEntry svhn() {
  DatasetEntry entry;
  entry.name = "svhn";
  entry.title = "SVHN house numbers, cropped digits, training and extra images";
  entry.format = Format::mat;
  entry.channels = 3, entry.height = 32, entry.width = 32;
  entry.class_names = kDigits;
  entry.train = {{{"svhn/train_32x32.mat", 182040794, "435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8"},
                  {"svhn/extra_32x32.mat", 1329278602, "a133a4beb38a00fcdda90c9489e0c04f900b660ce8a316a5e854838379a71eb3"}},
                 604388,
                 {50498, 104421, 85325, 69262, 58091, 60372, 47309, 49592, 40403, 39115},
                 ""};
  entry.test = {{{"svhn/test_32x32.mat", 64275384, "cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b"}},
                26032,
                {1744, 5099, 4149, 2882, 2523, 2384, 1977, 2019, 1660, 1595},
                ""};
  entry.urls = {"http://ufldl.stanford.edu/housenumbers"};
  return entry;
}

/// Photographs in the folder of that name, seen in a square frame of `side`.
DatasetEntry photographs(const std::string& name, const std::string& title, int side, std::vector<std::string> class_names,
                         std::int64_t train, std::int64_t test) {
  DatasetEntry entry = container(name, title, side, std::move(class_names), counted(train), counted(test));
  entry.format = Format::photographs;
  entry.photographs.folder = name;
  return entry;
}

/// Tests are on the published test photographs; those of 2012 have no published labels, so there they are on the validation photographs.
DatasetEntry imagenet_2010(std::vector<std::string> class_names) {
  DatasetEntry entry = photographs("imagenet-2010", "ImageNet (ILSVRC 2010), photographs", 256, std::move(class_names), 1261406, 150000);
  entry.photographs.test_folder = "test";
  entry.photographs.train_archive = "ILSVRC2010_images_train.tar";
  entry.photographs.test_archive = "ILSVRC2010_images_test.tar";
  entry.photographs.test_labels = "ILSVRC2010_test_ground_truth.txt";
  return entry;
}

DatasetEntry imagenet_2012(std::vector<std::string> class_names) {
  DatasetEntry entry = photographs("imagenet-2012", "ImageNet (ILSVRC 2012), photographs", 256, std::move(class_names), 1281167, 50000);
  entry.photographs.train_archive = "ILSVRC2012_img_train.tar";
  entry.photographs.test_archive = "ILSVRC2012_img_val.tar";
  entry.photographs.test_labels = "ILSVRC2012_validation_ground_truth.txt";
  return entry;
}

DatasetEntry imagenette_112() {
  DatasetEntry entry = photographs("imagenette2-112", "Ten classes of ImageNet, photographs of 112x112", 112,
                                   {"tench", "English springer", "cassette player", "chain saw", "church", "French horn", "garbage truck",
                                    "gas pump", "golf ball", "parachute"},
                                   9469, 3925);
  entry.photographs.class_folders = {"n01440764", "n02102040", "n02979186", "n03000684", "n03028079",
                                     "n03394916", "n03417042", "n03425413", "n03445777", "n03888257"};
  entry.train.histogram = {963, 955, 993, 858, 941, 956, 961, 931, 951, 960};
  entry.test.histogram = {387, 395, 357, 386, 409, 394, 389, 419, 399, 390};
  return entry;
}

/// Sets that come without a split: so many photographs of each class are drawn for training, up to `test_per_class` of the others for
/// tests.
DatasetEntry caltech(const std::string& name, const std::string& title, const std::string& folder, std::vector<std::string> class_names,
                     int train_per_class, int test_per_class, std::int64_t test) {
  const auto classes = static_cast<std::int64_t>(class_names.size());
  DatasetEntry entry = photographs(name, title, 224, std::move(class_names), classes * train_per_class, test);
  entry.photographs.folder = folder;
  entry.photographs.train_per_class = train_per_class, entry.photographs.test_per_class = test_per_class;
  return entry;
}

DatasetEntry caltech_101_8() {
  const std::vector<std::string> classes{"butterfly", "chandelier", "grand_piano", "hawksbill", "helicopter", "ketch", "laptop", "watch"};
  DatasetEntry entry = caltech("caltech-101-8", "Eight classes of Caltech-101", "caltech-101/101_ObjectCategories", classes, 30, 30, 240);
  entry.photographs.class_folders = classes;
  return entry;
}

std::vector<std::string> numbered_classes(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back(fmt::format("class {}", i));
  return names;
}

std::vector<DatasetEntry> plain_entries() {
  return {
      mnist(),
      fashion_mnist(),
      cifar10(),
      cifar100(),
      canvas(mnist()),
      canvas(fashion_mnist()),
      mnist_rot(),
      rotated(mnist(), "mnist-rot", {1193, 1364, 1260, 1210, 1199, 1101, 1141, 1254, 1103, 1175},
              {4918, 5635, 4954, 5148, 4834, 4472, 4928, 5200, 4940, 4971}),
      rotated(fashion_mnist(), "", {1203, 1122, 1215, 1226, 1196, 1205, 1175, 1176, 1280, 1202},
              {5013, 5056, 5009, 4996, 5041, 4987, 4993, 5039, 4890, 4976}),
      synthetic("synthetic-gray28", "Synthetic grey patterns with noise, 28x28", 1, 28),
      synthetic("synthetic-color32", "Synthetic colour patterns with noise, 32x32", 3, 32),
      svhn(),
      container("imagenet", "ImageNet (ILSVRC 2012) at 160x160", 160, numbered_classes(1000), counted(1281167), balanced(1000, 50)),
      container("imagenet-224", "ImageNet (ILSVRC 2012) at 224x224", 224, numbered_classes(1000), counted(1281167), balanced(1000, 50)),
      container("imagenet-384", "ImageNet (ILSVRC 2012) at 384x384", 384, numbered_classes(1000), counted(1281167), balanced(1000, 50)),
      imagenet_2010(numbered_classes(1000)),
      imagenet_2012(numbered_classes(1000)),
      imagenette_112(),
      caltech_101_8(),
      container("flowers-102", "Oxford 102 Flowers at 224x224, training and validation images together", 224, numbered_classes(102),
                balanced(102, 20), counted(6149)),
  };
}

}  // namespace

const std::vector<DatasetEntry>& manifest() {
  static const std::vector<DatasetEntry> entries = [] {
    std::vector<DatasetEntry> all = plain_entries();
    for (const auto& more : {stl10_entries(), corrupted_entries(cifar10(), cifar100()), video_entries()})
      all.insert(all.end(), more.begin(), more.end());
    for (const DatasetEntry& base : {mnist(), fashion_mnist()})
      for (const Distortion distortion :
           {Distortion::rotation, Distortion::pose, Distortion::projective, Distortion::elastic, Distortion::clutter, Distortion::addition})
        all.push_back(distorted(base, distortion));
    return all;
  }();
  return entries;
}
const DatasetEntry* find_entry(const std::string& name) {
  for (const DatasetEntry& entry : manifest())
    if (entry.name == name) return &entry;
  return nullptr;
}

const DatasetEntry& require_entry(const std::string& name) {
  if (const DatasetEntry* entry = find_entry(name)) return *entry;
  std::vector<std::string> names;
  for (const DatasetEntry& entry : manifest()) names.push_back(entry.name);
  throw InputError({fmt::format("data set '{}'", name), fmt::format("one of {}", fmt::join(names, ", ")), "a name that is none of them",
                    "List them: reprise data list"});
}

std::filesystem::path locate(const DatasetEntry& entry, const FileEntry& file, const std::filesystem::path& data_directory) {
  std::vector<std::filesystem::path> candidates = {data_directory / file.path};
  for (const auto& folder : entry.elsewhere) candidates.push_back(folder / std::filesystem::path(file.path).filename());
  for (std::filesystem::path candidate : candidates) {
    std::error_code ignored;
    if (std::filesystem::exists(candidate, ignored)) return candidate;
    if (candidate.extension() == ".gz" && std::filesystem::exists(candidate.replace_extension(), ignored)) return candidate;
  }
  return {};
}

std::filesystem::path container_path(const std::string& name, const std::filesystem::path& data_directory) {
  return data_directory / (name + ".h5");
}

std::string how_to_get(const DatasetEntry& entry) {
  if (entry.format == Format::container)
    return fmt::format(
        "Write {0}.h5 into the data directory: /train/images and /test/images, bytes [count, {1}, {2}, {3}] with attribute layout = "
        "'NCHW', with /train/labels and /test/labels [count].",
        entry.name, entry.channels, entry.height, entry.width);
  if (entry.format == Format::videos) return how_to_get_videos(entry);
  if (entry.format == Format::photographs)
    return fmt::format(
        "Put the photographs of {} into {}{} in the data directory, or name the directory with --data or REPRISE_DATA.", entry.title,
        entry.photographs.folder,
        entry.photographs.train_per_class > 0 ? ", a folder per class" : fmt::format(", in train and {}", entry.photographs.test_folder));
  if (entry.format == Format::amat) {
    std::string text = fmt::format("Unpack mnist_rotation_new.zip from {} so that {} and its neighbour are in the data directory",
                                   entry.urls.front(), entry.train.files.front().path);
    for (const DatasetEntry& other : manifest())
      if (other.stands_for == entry.name) text += fmt::format("; or use {}, a set made anew in its place", other.name);
    return text + ".";
  }
  std::string text = fmt::format("Get it: reprise data fetch {}", entry.base.empty() ? entry.name : entry.base);
  if (!entry.package.empty()) text += fmt::format(", or apt-get install {}", entry.package);
  return text + "; or name the directory with --data or REPRISE_DATA.";
}

}  // namespace reprise::datasets
