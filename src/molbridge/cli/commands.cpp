#include "molbridge/cli/commands.hpp"

namespace molbridge::cli {

void add_all_commands(Command& root, const TrainingRunners& runners) {
  add_identify_command(root);
  add_search_command(root);
  add_link_command(root);
  add_embed_command(root);
  add_convert_command(root);
  add_bank_command(root);
  add_train_command(root, runners);
  add_pretrain_command(root, runners);
  add_report_command(root);
  add_evaluate_command(root);
  add_pools_command(root);
  add_pairs_command(root);
  add_audit_command(root);
  add_split_command(root);
  add_mces_command(root);
  add_analyze_command(root);
  add_graph_command(root);
  add_model_command(root);
  add_version_command(root);
}

}  // namespace molbridge::cli
