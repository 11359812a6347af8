#include "reports/pictures/plot.hpp"

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "reports/pictures/png.hpp"

namespace reprise::reports {
namespace {

TEST(Ticks, are_round_and_inside) {
  EXPECT_EQ(ticks(0, 10, 5, false), (std::vector<double>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(ticks(1, 100, 6, true), (std::vector<double>{1, 2, 5, 10, 20, 50, 100}));
  EXPECT_EQ(ticks(1, 1e6, 6, true), (std::vector<double>{1, 10, 100, 1000, 10000, 100000, 1000000}));
  for (double value : ticks(0.93, 1.87, 5, false)) {
    EXPECT_GE(value, 0.93);
    EXPECT_LE(value, 1.87);
  }
  EXPECT_TRUE(ticks(1, 1, 5, false).empty());
  EXPECT_TRUE(ticks(0, 1, 5, true).empty());
}

TEST(Ticks, a_part_of_a_decade_has_some_too) {
  EXPECT_GE(ticks(2.1, 4.6, 5, true).size(), 2u);
}

Plot one_line(std::vector<double> x, std::vector<double> y) {
  Plot plot;
  plot.title = "a < b";
  plot.lines = {{"net & co", std::move(x), std::move(y), {}}};
  return plot;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

TEST(Plot, names_are_escaped) {
  const std::string svg = render_svg(one_line({1, 2}, {3, 4}));
  EXPECT_NE(svg.find("<title>a &lt; b</title>"), std::string::npos);
  EXPECT_NE(svg.find("net &amp; co"), std::string::npos);
}

TEST(Plot, what_cannot_be_shown_breaks_the_line) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  const std::string svg = render_svg(one_line({1, 2, 3, 4, 5}, {1, nan, 2, infinity, 3}));
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  Plot plot = one_line({1, 2, 3}, {1, 0, 2});
  plot.log_y = true;
  EXPECT_EQ(render_svg(plot).find("inf"), std::string::npos);
}

TEST(Plot, of_nothing_or_of_one_point_is_still_a_plot) {
  for (const std::string& svg : {render_svg(one_line({}, {})), render_svg(one_line({1}, {0}))}) {
    EXPECT_EQ(svg.find("nan"), std::string::npos);
    EXPECT_EQ(count(svg, "<svg"), count(svg, "</svg>"));
  }
}

TEST(Plot, lines_of_one_name_and_colour_share_a_legend_entry) {
  Plot plot = one_line({1, 2}, {3, 4});
  plot.lines.push_back(plot.lines.front());
  EXPECT_EQ(count(render_svg(plot), "class=\"key\""), 1u);
  plot.lines.back().color = 1;
  EXPECT_EQ(count(render_svg(plot), "class=\"key\""), 2u);
}

TEST(Plot, higher_values_stand_higher) {
  const std::string svg = render_svg(one_line({1, 2}, {3, 4}));
  const std::size_t path = svg.find("class=\"line\" d=\"M");
  double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  ASSERT_EQ(std::sscanf(svg.c_str() + path, "class=\"line\" d=\"M%lf %lfL%lf %lf", &x0, &y0, &x1, &y1), 4);
  EXPECT_LT(x0, x1);
  EXPECT_GT(y0, y1);
}

TEST(IntervalPicture, cuts_infinite_bounds) {
  const double infinity = std::numeric_limits<double>::infinity();
  const std::string svg = render_interval({0.3, -infinity, infinity, 0, infinity, "points", "undecided", "gain"});
  EXPECT_EQ(svg.find("inf"), std::string::npos);
  EXPECT_EQ(svg.find("class=\"span\""), std::string::npos);
  EXPECT_NE(render_interval({0.3, 0.1, 0.5, 0, infinity, "points", "reproduced", "gain"}).find("class=\"span\""), std::string::npos);
}

TEST(Png, decodes_to_the_same_pixels) {
  for (int channels : {1, 3}) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * 5 * channels));
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37);
    const auto bytes = png_encoded(pixels.data(), 3, 5, channels);
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    ASSERT_TRUE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()));
    EXPECT_EQ(image.width, 5u);
    EXPECT_EQ(image.height, 3u);
    image.format = channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
    std::vector<std::uint8_t> decoded(PNG_IMAGE_SIZE(image));
    ASSERT_TRUE(png_image_finish_read(&image, nullptr, decoded.data(), 0, nullptr));
    EXPECT_EQ(decoded, pixels);
  }
  EXPECT_THROW(png_encoded(nullptr, 1, 1, 2), std::invalid_argument);
}

TEST(Base64, is_that_of_rfc_4648) {
  const auto encode = [](const std::string& text) { return base64({text.begin(), text.end()}); };
  EXPECT_EQ(encode(""), "");
  EXPECT_EQ(encode("f"), "Zg==");
  EXPECT_EQ(encode("fo"), "Zm8=");
  EXPECT_EQ(encode("foo"), "Zm9v");
  EXPECT_EQ(encode("foobar"), "Zm9vYmFy");
}

TEST(Interval, marks_the_published_effect) {
  IntervalPicture picture{0.3, 0.1, 0.5, 0, std::numeric_limits<double>::infinity(), "points", "reproduced", "a and b"};
  EXPECT_EQ(render_interval(picture).find("diamond"), std::string::npos);
  picture.published = 2;
  const std::string svg = render_interval(picture);
  EXPECT_NE(svg.find("<path class=\"diamond\""), std::string::npos);
  EXPECT_NE(svg.find("published effect 2.00"), std::string::npos);
}

double first_x(const std::string& svg, const std::string& mark) {
  return std::stod(svg.substr(svg.find(mark) + mark.size()));
}

TEST(Forest, lines_of_a_table_share_an_axis_with_the_larger_value_to_the_right) {
  ForestLine one, other;
  one.published = 10, one.value = 12, one.low = 11, one.high = 13;
  other.published = 20, other.value = 18;
  const ForestAxis axis = forest_axis({one, other});
  EXPECT_LT(axis.low, 10);
  EXPECT_GT(axis.high, 20);
  EXPECT_FALSE(axis.logarithmic);
  const std::string first = render_forest_line(one, axis), second = render_forest_line(other, axis);
  const std::string diamond = "class=\"diamond\" d=\"M", dot = "class=\"value\" cx=\"";
  EXPECT_LT(first_x(first, diamond), first_x(first, dot));
  EXPECT_LT(first_x(first, dot), first_x(second, dot));
  EXPECT_LT(first_x(second, dot), first_x(second, diamond));
  EXPECT_NE(first.find("class=\"span\""), std::string::npos);
}

TEST(Forest, values_over_decades_get_a_logarithmic_axis_and_missing_ones_no_mark) {
  ForestLine small, large;
  small.value = 1, small.low = -0.5, small.high = 2.5;
  large.value = 90;
  const ForestAxis axis = forest_axis({small, large});
  EXPECT_TRUE(axis.logarithmic);
  EXPECT_GT(axis.low, 0);
  const std::string svg = render_forest_line(small, axis);
  EXPECT_EQ(svg.find("diamond"), std::string::npos);
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace reprise::reports
