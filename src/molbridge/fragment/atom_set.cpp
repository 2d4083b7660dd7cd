#include "molbridge/fragment/atom_set.hpp"
