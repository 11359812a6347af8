// Uses the two smallest libraries: a schedule is a pure function of the step. Exit code 0 if its values are right.

#include <cstdio>

#include "suite/recipes/recipe.hpp"

int main() {
  reprise::schedules::Schedule schedule;
  schedule.kind = "linear";
  schedule.value = 1.0;
  schedule.final_value = 0.0;
  const double half_way = schedule.at(50, 100);
  std::printf("half way from 1 to 0: %.6f\n", half_way);
  return half_way > 0.48 && half_way < 0.52 ? 0 : 1;
}
