#define MOLBRIDGE_LANES 8
#define MOLBRIDGE_KERNEL_SET kAvx2Kernels
#define MOLBRIDGE_KERNEL_NAME "avx2"
#include "molbridge/nn/kernels_body.hpp"
