#pragma once
// Use case: what is in a bank, and is it whole.

#include <cstdint>
#include <string>

#include "molbridge/bank/bank.hpp"
#include "molbridge/core/progress.hpp"

namespace molbridge::service {

struct BankInfoOptions {
  std::string bank;
  bool check = false;  ///< read and verify everything, not only what opening checks
};

struct BankInfoReport {
  std::string folder;
  bank::Manifest manifest;
  double mass_min = 0;  ///< u; 0 for an empty bank
  double mass_max = 0;
  std::uint64_t bytes = 0;  ///< of all files of the folder
  bool checked = false;
};

/// Errors: kModel when the bank is missing or damaged.
BankInfoReport describe_bank(const BankInfoOptions& options, Progress& progress);
std::string to_text(const BankInfoReport& report);
std::string to_json(const BankInfoReport& report);

}  // namespace molbridge::service
