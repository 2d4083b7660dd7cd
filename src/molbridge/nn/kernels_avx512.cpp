#define MOLBRIDGE_LANES 16
#define MOLBRIDGE_KERNEL_SET kAvx512Kernels
#define MOLBRIDGE_KERNEL_NAME "avx512"
#include "molbridge/nn/kernels_body.hpp"
