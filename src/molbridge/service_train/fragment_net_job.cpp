#include "molbridge/service_train/fragment_net_job.hpp"

#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/fragment_data.hpp"
#include "molbridge/service_train/spectrum_data.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kValidationBatch = 4;

train::FragmentTaskOptions read_task(const Config& config) {
  const ConfigReader read(config);
  train::FragmentTaskOptions task;
  task.net = train::fragment_net_sizes();
  task.net.hidden = read.integer("network.hidden", task.net.hidden, 8, 4096);
  task.net.hidden2 = read.integer("network.hidden2", task.net.hidden2, 8, 4096);
  task.net.dropout = read.number("network.dropout", task.net.dropout, 0, 0.95);
  task.net.code_dropout = read.number("network.code_dropout", task.net.code_dropout, 0, 0.95);
  task.candidates = read.integer("train.candidates", task.candidates, 2, 1000);
  task.peak_dropout = read.number("augment.peak_dropout", task.peak_dropout, 0, 0.95);
  return task;
}

class FragmentNetJob : public TrainingJob {
 public:
  explicit FragmentNetJob(const Config& config)
      : data_settings_(read_fragment_data(config)), options_(read_task(config)) {}

  void write_settings(ConfigWriter& out) const override {
    write_fragment_data(data_settings_, out);
    out.integer("network.hidden", options_.net.hidden);
    out.integer("network.hidden2", options_.net.hidden2);
    out.number("network.dropout", options_.net.dropout);
    out.number("network.code_dropout", options_.net.code_dropout);
    out.integer("train.candidates", options_.candidates);
    out.number("augment.peak_dropout", options_.peak_dropout);
  }
  std::vector<std::string> inputs() const override { return inputs_of(data_settings_); }
  void prepare(const JobContext& context) override {
    options_.seed = context.seed;
    data_ = load_fragment_data(data_settings_, context);
    task_ = std::make_unique<train::FragmentTask>(data_.training, options_);
    if (!data_.validation.spectra.empty())
      validator_ = std::make_unique<train::FragmentValidator>(data_.validation, task_->net(), kValidationBatch);
  }
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  void write_model(nn::ModelFolderWriter& writer) override {
    learn::write_fragment_net(*task_->net(), writer.manifest, writer.weights);
    std::vector<train::DatasetMolecule> molecules;
    for (const auto& compound : data_.compounds)
      molecules.push_back({compound.inchikey14, compound.smiles, compound.formula.hill(), compound.mass});
    writer.manifest.integer("training.molecules", static_cast<std::int64_t>(molecules.size()));
    writer.manifest.integer("training.spectra", static_cast<std::int64_t>(data_.training.spectra.size()));
    writer.add_side_file(kTrainingMoleculesFile, training_molecules_tsv(molecules));
  }

 private:
  FragmentDataSettings data_settings_;
  train::FragmentTaskOptions options_;
  FragmentTrainingData data_;
  std::unique_ptr<train::FragmentTask> task_;
  std::unique_ptr<train::FragmentValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_fragment_net_job(const Config& config) {
  return std::make_unique<FragmentNetJob>(config);
}

}  // namespace molbridge::service_train
