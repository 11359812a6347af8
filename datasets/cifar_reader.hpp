#pragma once
// The binary CIFAR files (https://www.cs.toronto.edu/~kriz/cifar.html): records of label byte(s) and 3072 pixels, the red,
// green and blue planes of a 32x32 image. CIFAR-10 has one label byte, CIFAR-100 two (coarse, then fine).

#include <filesystem>
#include <string>

#include "datasets/image_set.hpp"

namespace reprise::datasets {

enum class CifarKind { cifar10, cifar100 };

/// Appends the records of a file to `set` (pixels, labels, count); CIFAR-100 keeps the fine label. Returns the SHA-256 of the
/// file. `fix` ends each message. Throws InputError with file, byte offset, expected and found for a missing or empty file,
/// an incomplete last record, a label out of range; `set` is then unusable.
std::string append_cifar(const std::filesystem::path& path, CifarKind kind, const std::string& fix, ImageSet& set);

}  // namespace reprise::datasets
