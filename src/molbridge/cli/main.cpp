#include "molbridge/cli/app.hpp"

int main(int argc, char** argv) { return molbridge::cli::run(argc, argv); }
