#include "molbridge/service/bank_encoder.hpp"

#include "molbridge/core/error.hpp"
#include "molbridge/core/hash.hpp"

namespace molbridge::service {
namespace {

Error rebuild(Error error, const bank::Bank& bank) {
  error.in_file(bank.folder()).remedy("Build the bank again: molbridge bank build MOLECULES... -o " + bank.folder());
  return error;
}

}  // namespace

std::shared_ptr<const encoders::MoleculeEncoder> encoder_of(const bank::Bank& bank) {
  const bank::Manifest& manifest = bank.manifest();
  std::shared_ptr<const encoders::MoleculeEncoder> encoder;
  try {
    encoder = encoders::make_molecule_encoder(manifest.encoder);
  } catch (const Error& e) {
    throw rebuild(Error(ErrorCode::kModel,
                        "the bank was made by an unknown encoder, \"" + manifest.encoder + "\" (" + e.message() + ")"),
                  bank);
  }
  if (encoder->digest() != manifest.encoder_digest) {
    throw rebuild(Error(ErrorCode::kModel, "the bank's encoder \"" + manifest.encoder + "\" has the digest " +
                                               short_digest(manifest.encoder_digest) + ", that of this molbridge " +
                                               short_digest(encoder->digest())),
                  bank);
  }
  return encoder;
}

}  // namespace molbridge::service
