#pragma once
// The names of core/delimited.hpp for readers of molecules, which came first.

#include "molbridge/core/delimited.hpp"

namespace molbridge::chem {

using Record = DelimitedRecord;
using molbridge::RecordSource;
using molbridge::sniff_delimiter;
using molbridge::split_line;
using molbridge::split_record;

}  // namespace molbridge::chem
