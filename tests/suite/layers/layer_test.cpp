#include "suite/layers/layer.hpp"

#include <gtest/gtest.h>

#include <set>

#include "suite/errors.hpp"

namespace reprise::layers {
namespace {

TEST(Initialisation, has_a_name_for_each_kind_that_a_recipe_may_choose) {
  std::set<Initialisation::Kind> kinds;
  for (const char* name : {"he_normal", "xavier_uniform", "fan_in_normal", "fan_in_uniform", "normal"})
    kinds.insert(initialisation_kind(name));
  EXPECT_EQ(kinds.size(), 5u);
  EXPECT_EQ(initialisation_kind("xavier_uniform"), Initialisation::Kind::xavier_uniform);
  EXPECT_EQ(initialisation_kind("fan_in_uniform"), Initialisation::Kind::fan_in_uniform);
  EXPECT_THROW(initialisation_kind("xavier"), InputError);
}

TEST(ParameterSpec, counts_the_values_of_its_shape) {
  ParameterSpec spec;
  spec.shape = {4, 3, 2};
  EXPECT_EQ(spec.count(), 24);
  spec.shape = {7};
  EXPECT_EQ(spec.count(), 7);
}

}  // namespace
}  // namespace reprise::layers
