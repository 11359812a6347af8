// reprise verify RUN.h5

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "datasets/image_set.hpp"
#include "suite/command/command.hpp"
#include "suite/command/number_options.hpp"
#include "suite/command/placement.hpp"
#include "suite/command/progress.hpp"
#include "suite/command/tell.hpp"
#include "suite/errors.hpp"
#include "suite/ranks/session.hpp"
#include "suite/records/result_file.hpp"
#include "suite/runs/verification.hpp"

namespace reprise::command {
namespace {

struct VerifyFlags {
  std::vector<std::string> files;
  std::string data;
  runs::VerificationPart part;
  int threads = 0;
};

int verify_here(const VerifyFlags& flags, ranks::Session& session) {
  const auto team = session.team(0);
  runs::RunOptions options;
  options.data = datasets::data_directory(flags.data);
  options.threads = settle_placement(flags.threads, session);
  options.team = team.get();
  bool differs = false;
  for (const std::string& file : flags.files) {
    const records::RunRecord record = records::read_result(file);
    ProgressDisplay display(fmt::format("verify {}/{}", record.paper, record.trial));
    options.progress = [&](const training::Progress& progress) { display.show(progress); };
    const records::Divergence divergence = runs::verify_run(record, flags.part, options);
    differs |= divergence.differs;
    if (team->is_root()) fmt::print("{}: {}\n", file, records::divergence_text(divergence));
  }
  return team->any(team->is_root() && differs, "verdict") ? kFailed : kDone;
}

int verify(const VerifyFlags& flags) {
  ranks::Session session;
  if (session.size() == 1) return verify_here(flags, session);
  try {
    return verify_here(flags, session);
  } catch (const std::exception& error) {
    const bool bad_input = dynamic_cast<const InputError*>(&error) != nullptr;
    tell("reprise: rank {}: {}\n", session.rank(), error.what());
    session.abort(bad_input ? kBadInput : kFailed);
  }
}

}  // namespace

Command add_verify(CLI::App& program) {
  auto flags = std::make_shared<VerifyFlags>();
  CLI::App* app = program.add_subcommand("verify", "Repeats a run on the ranks and threads given here and compares every digest");
  app->add_option("RUN.h5", flags->files, "Result files")->option_text(" ")->required();
  add_number(*app, "--from", flags->part.from_epoch, 0, 1e12,
             "Compares the history from this epoch on (the run is still repeated from its start)")
      ->option_text("EPOCH");
  add_integer(*app, "--steps", flags->part.steps, std::int64_t{1}, std::int64_t{1'000'000'000'000},
              "Min number of steps, extended to the first recorded digest of losses (default: all)");
  add_integer(*app, "--threads", flags->threads, 1, kMaxThreads, "Threads (default: one per core that this process may use)");
  app->add_option("--data", flags->data, "Data directory (default: $REPRISE_DATA, else ~/.cache/reprise/data)")->type_name("DIR");
  app->footer(
      "Prints \"identical\" (exit code 0), or the first epoch, step and layer that differ (exit code 1). Results are equal to the bit "
      "only\n"
      "on one instruction set: a run of another one is refused, and the message names the settings that pin the lower one.\n\n" +
      examples({"reprise verify results/dropout/table2-dropout-relu/*.h5",
                "reprise verify results/dropout/table2-dropout-relu/*.h5 --steps 5 --threads 1"}) +
      "  mpirun -n 4 reprise verify results/dropout/table2-dropout-relu/0123456789abcdef.h5\n");
  return {app, [flags] { return verify(*flags); }, true};
}

}  // namespace reprise::command
