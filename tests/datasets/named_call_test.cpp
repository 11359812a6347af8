#include "datasets/named_call.hpp"

#include "temporary_folder.hpp"

namespace reprise::datasets {
namespace {

TEST(NamedCall, reads_name_and_arguments_with_spaces_anywhere) {
  NamedCall call("stage", "  gcn ( scale = 5.5 , by=norm ,n=3)");
  EXPECT_EQ(call.name(), "gcn");
  EXPECT_EQ(call.get_double("scale", 1, 0, 10), 5.5);
  EXPECT_EQ(call.get_choice("by", {"std", "norm"}), "norm");
  EXPECT_EQ(call.get_int("n", 1, 0, 10), 3);
  EXPECT_EQ(call.get_double("epsilon", 1e-8, 0, 1), 1e-8);
  call.check_all_used();
  EXPECT_EQ(NamedCall("stage", "scale").name(), "scale");
  EXPECT_EQ(NamedCall("stage", "scale()").name(), "scale");
}

TEST(NamedCall, names_the_text_and_the_form_when_it_cannot_be_read) {
  for (const char* text : {"", "(a=1)", "gcn(a=1", "gcn(a)", "gcn(=1)", "gcn(a=1,)", "gcn(a=1)b"})
    expect_error([&] { NamedCall("stage", text); }, {std::string("stage '") + text + "'", "NAME(KEY=VALUE"});
  expect_error([] { NamedCall("stage", "gcn(a=1,a=2)"); }, {"'a' twice"});
}

TEST(NamedCall, names_values_out_of_range_and_of_the_wrong_kind) {
  const auto call = [] { return NamedCall("stage", "gcn(scale=x,n=2.5,by=max,big=11,nan=nan)"); };
  expect_error([&] { call().get_double("scale", 1, 0, 10); }, {"scale from 0 to 10", "'x'"});
  expect_error([&] { call().get_int("n", 1, 0, 10); }, {"n as a whole number", "2.5"});
  expect_error([&] { call().get_choice("by", {"std", "norm"}); }, {"by one of std, norm", "'max'"});
  expect_error([&] { call().get_double("big", 1, 0, 10); }, {"big from 0 to 10", "'11'"});
  expect_error([&] { call().get_double("nan", 1, 0, 10); }, {"'nan'"});
}

TEST(NamedCall, reads_lists_of_numbers_of_the_expected_length) {
  const auto call = [](const char* list) { return NamedCall("stage", std::string("standardize(mean=") + list + ")"); };
  EXPECT_EQ(call("125.3/123.0/113.9").get_doubles("mean", 3, 0, 255), (std::vector<double>{125.3, 123, 113.9}));
  EXPECT_EQ(call("7").get_doubles("mean", 1, 0, 255), std::vector<double>{7});
  EXPECT_TRUE(call("7").get_doubles("std", 1, 0, 255).empty());
  for (const char* list : {"1/2", "1/2/3/4", "1/2/3/", "1//3", "1/2/x", "1/2/300", ""})
    expect_error([&] { call(list).get_doubles("mean", 3, 0, 255); }, {"3 numbers from 0 to 255 for mean", std::string("'") + list + "'"});
}

TEST(NamedCall, names_an_argument_that_nobody_asked_for) {
  NamedCall call("stage", "gcn(scael=1)");
  call.get_double("scale", 1, 0, 10);
  expect_error([&] { call.check_all_used(); }, {"among scale", "'scael'"});
  expect_error([&] { call.fail_unknown({"scale", "zca"}); }, {"one of scale, zca", "'gcn'"});
}

}  // namespace
}  // namespace reprise::datasets
