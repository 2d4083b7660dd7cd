#include "molbridge/cli/app.hpp"
#include "molbridge/cli_train/training_runners.hpp"

int main(int argc, char** argv) { return molbridge::cli::run(argc, argv, molbridge::cli_train::training_runners()); }
