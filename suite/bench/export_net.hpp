#pragma once
// A catalog net written out so that a program in another framework can build the same one and compare what it computes.

namespace reprise::bench {

/// `export PAPER/TRIAL --out FOLDER [--scale S] [--samples N]` writes into the folder (made if missing): net.json (layers with their
/// inputs, shapes and parameters, loss, optimizer), weights.f32 (parameters as they are drawn, nothing fitted to images; plain layout, at
/// the offsets that net.json names), images.f32 [samples, H, W, C] (random pixels behind the recipe's preprocessing, standardize in place
/// of zca) and outputs.f32 [samples, K], what the net makes of them with dropout off and running statistics. All little-endian float32.
/// Exit code 0, or 2 for any error.
int export_command(int argc, char** argv);

}  // namespace reprise::bench
