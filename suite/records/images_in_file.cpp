#include "suite/records/images_in_file.hpp"

#include <utility>

namespace reprise::records {

void write_images(hdf5::Writer& file, const std::string& path, const Images& images) {
  file.write<std::uint8_t>(path, images.pixels, {images.count, images.height, images.width, images.channels});
  file.set_attribute(path, "CLASS", std::string("IMAGE"));
  file.set_attribute(path, "IMAGE_VERSION", std::string("1.2"));
  file.set_attribute(path, "IMAGE_SUBCLASS", std::string(images.channels == 3 ? "IMAGE_TRUECOLOR" : "IMAGE_GRAYSCALE"));
  file.set_attribute(path, "INTERLACE_MODE", std::string("INTERLACE_PIXEL"));
  file.set_attribute(path, "title", images.title);
  if (!images.captions.empty()) file.set_attribute(path, "captions", images.captions);
  if (images.set != 1) file.set_attribute(path, "set", images.set);
}

Images read_images(const hdf5::Reader& file, const std::string& path) {
  hdf5::Array<std::uint8_t> array = file.read<std::uint8_t>(path);
  if (array.shape.size() != 4)
    throw hdf5::Error(path, "four dimensions [count, height, width, channels]", std::to_string(array.shape.size()));
  Images images;
  images.title = file.text_attribute(path, "title");
  if (file.has_attribute(path, "captions")) images.captions = file.texts_attribute(path, "captions");
  if (file.has_attribute(path, "set")) images.set = file.integer_attribute(path, "set");
  images.count = array.shape[0];
  images.height = array.shape[1];
  images.width = array.shape[2];
  images.channels = array.shape[3];
  images.pixels = std::move(array.values);
  return images;
}

}  // namespace reprise::records
