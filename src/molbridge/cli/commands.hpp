#pragma once
// Every subcommand: declare its function here and add a call to it in add_all_commands() (commands.cpp), in the order
// of the help.

#include "molbridge/cli/command.hpp"
#include "molbridge/cli/training_runners.hpp"

namespace molbridge::cli {

void add_identify_command(Command& parent);
void add_search_command(Command& parent);
void add_link_command(Command& parent);
void add_embed_command(Command& parent);
void add_convert_command(Command& parent);
void add_bank_command(Command& parent);
void add_train_command(Command& parent, const TrainingRunners& runners);
void add_pretrain_command(Command& parent, const TrainingRunners& runners);
void add_report_command(Command& parent);
void add_evaluate_command(Command& parent);
void add_pools_command(Command& parent);
void add_pairs_command(Command& parent);
void add_audit_command(Command& parent);
void add_split_command(Command& parent);
void add_mces_command(Command& parent);
void add_analyze_command(Command& parent);
void add_graph_command(Command& parent);
void add_graph_evaluation_commands(Command& graph);
void add_model_command(Command& parent);
void add_model_library_command(Command& model);
void add_version_command(Command& parent);

void add_all_commands(Command& root, const TrainingRunners& runners);

}  // namespace molbridge::cli
