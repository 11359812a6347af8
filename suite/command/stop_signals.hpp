#pragma once
// Ctrl-C, SIGTERM and SIGUSR1 (a batch system's warning) ask running trials to write a checkpoint and stop.

namespace reprise::command {

/// Installs the handlers, which run on a thread of their own, and blocks signals in the calling one (parallel::block_signals()). A second
/// Ctrl-C ends the process at once.
void stop_on_signals();

/// True after one of the signals: no further trial is started.
bool stop_was_asked();

}  // namespace reprise::command
