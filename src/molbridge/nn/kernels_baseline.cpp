#define MOLBRIDGE_LANES 4
#define MOLBRIDGE_KERNEL_SET kBaselineKernels
#define MOLBRIDGE_KERNEL_NAME "baseline"
#include "molbridge/nn/kernels_body.hpp"
