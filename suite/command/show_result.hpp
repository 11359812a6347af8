#pragma once

#include <filesystem>

namespace reprise::command {

/// Prints what a result file holds: what was run, what came out, where and with what. Throws InputError as read_result does.
void show_result(const std::filesystem::path& file);

}  // namespace reprise::command
