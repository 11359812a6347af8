// reprise plan PAPER[/TRIAL] --scale S

#include <fmt/format.h>

#include <memory>

#include "experiments/runner.hpp"
#include "reports/text.hpp"
#include "suite/command/command.hpp"
#include "suite/command/quantities.hpp"
#include "suite/command/target.hpp"
#include "suite/errors.hpp"

namespace reprise::command {
namespace {

struct PlanFlags {
  RecipeFlags recipe;
  int threads = 0;
};

std::vector<std::string> row(const training::Recipe& recipe, const experiments::Forecast& forecast) {
  return {recipe.paper + "/" + recipe.trial,
          recipe.dataset,
          count_text(static_cast<double>(forecast.parameters)),
          count_text(static_cast<double>(forecast.steps)),
          count_text(forecast.training_flops),
          duration_text(forecast.seconds),
          bytes_text(forecast.memory_bytes),
          bytes_text(forecast.disk_bytes),
          bytes_text(forecast.exchanged_bytes_per_step)};
}

int plan(const PlanFlags& flags) {
  const std::vector<training::Recipe> recipes = flags.recipe.resolve();
  std::vector<std::vector<std::string>> table = {
      {"trial", "data set", "parameters", "steps", "operations", "time", "memory", "disk", "exchanged a step"}};
  double seconds = 0;
  std::int64_t disk = 0;
  for (const training::Recipe& recipe : recipes) {
    const experiments::Forecast forecast = experiments::forecast(recipe, flags.threads);
    table.push_back(row(recipe, forecast));
    seconds += forecast.seconds;
    disk += forecast.disk_bytes;
  }
  fmt::print("Forecast of one seed each at scale {}; nothing was run but a second of steps on made-up images.\n\n{}", flags.recipe.scale,
             reports::aligned(table, "-"));
  if (recipes.size() > 1) fmt::print("\n  in all: {}, {} on disk\n", duration_text(seconds), bytes_text(disk));
  return kDone;
}

}  // namespace

Command add_plan(CLI::App& program) {
  auto flags = std::make_shared<PlanFlags>();
  CLI::App* app = program.add_subcommand("plan", "Forecasts time, memory, disk and exchange of trials; nothing is run");
  flags->recipe.declare(*app);
  app->get_option("PAPER[/TRIAL]")->required();
  app->add_option("--threads", flags->threads, "Threads (else one per core this process may use)")
      ->check(CLI::Range(1, 4096))
      ->option_text("N");
  app->footer(
      examples({"reprise plan all-cnn/allcnn-c --scale desk", "reprise plan dropout/table2-maxnorm-3x1024 --scale paper --threads 2"}));
  return {app, [flags] { return plan(*flags); }};
}

}  // namespace reprise::command
