#include <unistd.h>

#include <cstdlib>

#include "molbridge/cli/app.hpp"
#include "molbridge/cli_train/training_runners.hpp"
#include "molbridge/learn/blas_kernels.hpp"

int main(int argc, char** argv) {
  if (const auto kernels = molbridge::learn::better_blas_kernels()) {
    ::setenv("OPENBLAS_CORETYPE", kernels->c_str(), 1);
    ::execv("/proc/self/exe", argv);  // where that fails the slow kernels do
  }
  return molbridge::cli::run(argc, argv, molbridge::cli_train::training_runners());
}
