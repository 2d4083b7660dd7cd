#pragma once
// What makes two bank builds the same job, so that the second may continue the first. Private to the service.

#include <string>

#include "molbridge/bank/bank.hpp"
#include "molbridge/service/bank_build.hpp"

namespace molbridge::service {

/// What the bank's manifest calls an input: no folders, so that the same file gives the same bank wherever it lies.
std::string source_name(const std::string& path);

/// SHA-256 of a file, through a small buffer. Errors: kInput, kCancelled.
std::string content_digest(const std::string& path);

/// SHA-256 of everything that decides the bank's rows. Inputs count by content: a copy of a file continues a build, a
/// changed file does not. Cost: reads every input once. Errors: kInput, kCancelled.
std::string job_digest(const BankBuildOptions& options, const encoders::MoleculeEncoder& encoder, bank::Dtype dtype,
                       const std::string& selection_digest);

}  // namespace molbridge::service
