#include "molbridge/service_train/job.hpp"

#include <map>

#include "molbridge/core/error.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/service_train/biobridge_job.hpp"
#include "molbridge/service_train/deep_sets_job.hpp"
#include "molbridge/service_train/dreams_pretrain_job.hpp"
#include "molbridge/service_train/fingerprint_ffn_job.hpp"
#include "molbridge/service_train/fragment_net_job.hpp"
#include "molbridge/service_train/graph_embedding_job.hpp"
#include "molbridge/service_train/jestr_job.hpp"
#include "molbridge/service_train/reranker_job.hpp"
#include "molbridge/service_train/smiles_pretrain_job.hpp"
#include "molbridge/service_train/specbridge_job.hpp"
#include "molbridge/service_train/thin_bridge_job.hpp"

namespace molbridge::service_train {
namespace {

const std::map<std::string, JobFactory>& jobs() {
  static const std::map<std::string, JobFactory> kJobs{
      {"biobridge", make_biobridge_job},
      {"deepsets", make_deep_sets_job},
      {"dreams-pretrain", make_dreams_pretrain_job},
      {"fingerprint-ffn", make_fingerprint_ffn_job},
      {"fragment-net", make_fragment_net_job},
      {"reranker", make_reranker_job},
      {"smiles-pretrain", make_smiles_pretrain_job},
      {"specbridge", make_specbridge_job},
      {"thin-bridge", make_thin_bridge_job},
      {"jestr", make_jestr_job},
      {"transe", make_graph_embedding_job},
      {"distmult", make_graph_embedding_job},
      {"complex", make_graph_embedding_job},
      {"rotate", make_graph_embedding_job},
  };
  return kJobs;
}

}  // namespace

JobFactory find_job(const std::string& kind, const std::string& config_file) {
  const auto found = jobs().find(kind);
  if (found != jobs().end()) return found->second;
  std::string known;
  for (const auto& [name, factory] : jobs()) known += (known.empty() ? "" : ", ") + name;
  throw Error(ErrorCode::kUsage, "kind = \"" + kind + "\" is not known")
      .in_file(config_file)
      .remedy("Known kinds: " + known + ".");
}

}  // namespace molbridge::service_train
