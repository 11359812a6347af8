#include "suite/bench/export_net.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "suite/bench/made_up_batch.hpp"
#include "suite/catalog/catalog.hpp"
#include "suite/errors.hpp"
#include "suite/procedures/procedure.hpp"
#include "suite/version.hpp"

namespace reprise::bench {

namespace {

using nlohmann::json;

json describe(const SampleShape& shape) {
  return json::array({shape.height, shape.width, shape.channels});
}

json describe(const std::vector<layers::Fact>& facts) {
  json values = json::object();
  for (const layers::Fact& fact : facts) std::visit([&](const auto& value) { values[fact.name] = value; }, fact.value);
  return values;
}

json describe(const graph::Graph& graph, const graph::Parameters& parameters) {
  json nodes = json::array();
  for (graph::NodeId n = 0; n <= graph.last(); ++n) {
    const graph::Node& node = graph.node(n);
    json row{{"name", node.name},
             {"kind", node.layer ? std::string(node.layer->kind()) : "input"},
             {"summary", node.layer ? node.layer->summary() : "images"},
             {"facts", describe(node.layer ? node.layer->facts() : std::vector<layers::Fact>())},
             {"inputs", node.inputs},
             {"shape", describe(node.shape)},
             {"parameters", json::array()}};
    for (const int index : parameters.of_node(n)) {
      const graph::Parameter& p = parameters.at(index);
      row["parameters"].push_back({{"name", p.spec.name},
                                   {"shape", p.spec.shape},
                                   {"offset", p.offset},
                                   {"count", p.count},
                                   {"trains", p.spec.trains && p.spec.rate_multiplier != 0},
                                   {"decays", p.spec.decays},
                                   {"has_norm_bound", p.spec.has_norm_bound}});
    }
    nodes.push_back(row);
  }
  return nodes;
}

/// The main head first.
json describe(const std::vector<graph::Head>& heads) {
  json rows = json::array();
  for (const graph::Head& head : heads) rows.push_back({{"node", head.node}, {"loss", head.loss->name()}, {"weight", head.weight.value}});
  return rows;
}

json describe(const optimizers::OptimizerRecipe& o) {
  return {{"kind", o.kind},
          {"rate", o.learning_rate.value},
          {"momentum", o.momentum.value},
          {"nesterov", o.nesterov},
          {"beta1", o.beta1},
          {"beta2", o.beta2},
          {"epsilon", o.epsilon},
          {"weight_decay", o.weight_decay},
          {"l1", o.l1},
          {"max_norm", o.max_norm},
          {"lookahead_steps", o.lookahead_steps},
          {"averaging_decay", o.averaging_decay}};
}

void write(const std::filesystem::path& path, const char* data, std::size_t bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(data, static_cast<std::streamsize>(bytes));
  file.close();
  if (!file)
    throw RunError(Complaint{path.string(), "a file that can be written", "an error", "Choose another folder with --out, or make room"});
}

void write(const std::filesystem::path& path, const std::vector<float>& values) {
  write(path, reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

/// Throws InputError for an unknown trial or scale, RunError for a folder that cannot be written.
void export_net(const std::string& paper, const std::string& trial, const std::string& scale, int samples, const std::string& folder) {
  recipes::Recipe recipe = catalog::resolve(paper, trial, scale);
  const std::int64_t batch = procedures::of(recipe).has_plastic_phase ? recipe.hebbian.batch : recipe.batch;
  recipe.batch = samples;
  recipe.precision = Precision::f32;
  MadeUpTraining training(recipe, parallel::available_cores());
  const graph::Graph& graph = training.graph();
  const graph::Parameters& parameters = training.parameters();

  const json net{{"net", fmt::format("{}/{}", paper, trial)},
                 {"scale", scale},
                 {"batch", batch},
                 {"procedure", recipe.procedure},
                 {"loss", graph.main_head().loss->name()},
                 {"label_smoothing", recipe.label_smoothing},
                 {"output", graph.output()},
                 {"heads", describe(graph.heads())},
                 {"samples", samples},
                 {"training_flops", graph.training_flops()},
                 {"optimizer", describe(recipe.optimizer)},
                 {"nodes", describe(graph, parameters)},
                 {"version", version()}};
  const std::string text = net.dump(1) + "\n";
  const std::filesystem::path out(folder);
  std::filesystem::create_directories(out);
  write(out / "weights.f32", reinterpret_cast<const char*>(parameters.values()),
        static_cast<std::size_t>(parameters.size()) * sizeof(float));
  write(out / "images.f32", training.images());
  write(out / "outputs.f32", training.outputs());
  write(out / "net.json", text.data(), text.size());
}

}  // namespace

int export_command(int argc, char** argv) {
  std::string target, scale = "desk", folder;
  int samples = 8;
  CLI::App app{"A catalog net as files, for another framework to build and compare", "reprise_bench export"};
  app.add_option("PAPER/TRIAL", target, "A trial; see `reprise list`")->required();
  app.add_option("--scale", scale, "smoke, desk or paper")->capture_default_str();
  app.add_option("--samples", samples, "Images to put through it")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--out", folder, "Folder for net.json, weights.f32, images.f32, outputs.f32")->required();
  app.footer("Example:\n  reprise_bench export all-cnn/allcnn-c --scale desk --out net");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  try {
    const std::size_t slash = target.find('/');
    if (slash == std::string::npos) throw InputError(Complaint{target, "PAPER/TRIAL", "no slash", "Choose a trial from `reprise list`"});
    export_net(target.substr(0, slash), target.substr(slash + 1), scale, samples, folder);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 2;
  }
}

}  // namespace reprise::bench
