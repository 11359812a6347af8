#include "suite/command/command.hpp"

int main(int argc, char** argv) {
  return reprise::command::run_program(argc, argv);
}
