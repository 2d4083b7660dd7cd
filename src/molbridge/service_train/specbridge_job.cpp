#include "molbridge/service_train/specbridge_job.hpp"

#include <filesystem>

#include "molbridge/core/files.hpp"
#include "molbridge/core/text.hpp"
#include "molbridge/retrieve/specbridge_model.hpp"
#include "molbridge/service_train/specbridge_settings.hpp"

namespace molbridge::service_train {
namespace {

namespace fs = std::filesystem;

constexpr int kUnlimitedPeaks = 1 << 20;
constexpr std::size_t kProcrustesSpectra = 20000;  // many more than any width
constexpr std::size_t kEmbedBlock = 256;

/// The folder of a target that is a network, "" of a specification.
std::string network_folder(const std::string& target) {
  const std::string folder = target.substr(0, target.rfind('?'));
  return folder_exists(folder) ? folder : "";
}

class SpecbridgeJob : public TrainingJob {
 public:
  explicit SpecbridgeJob(const Config& config) : settings_(read_specbridge(config)) {}

  void write_settings(ConfigWriter& out) const override { write_specbridge(settings_, out); }
  std::vector<std::string> inputs() const override;
  void prepare(const JobContext& context) override;
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  void write_model(nn::ModelFolderWriter& writer) override;

 private:
  std::shared_ptr<train::SpecbridgeNet> make_net(const JobContext& context) const;
  void start_from_procrustes(const JobContext& context);
  void add_target_encoder(nn::ModelFolderWriter& writer) const;

  SpecbridgeSettings settings_;
  SpectrumData data_;
  std::unique_ptr<train::HardNegatives> negatives_;
  std::shared_ptr<train::SpecbridgeNet> net_;
  std::unique_ptr<train::SpecbridgeTask> task_;
  std::unique_ptr<RecallValidator> validator_;
};

std::vector<std::string> SpecbridgeJob::inputs() const {
  std::vector<std::string> files = inputs_of(settings_.data);
  if (settings_.task.loss.candidate_softmax > 0) files.push_back(bank_manifest(settings_.negatives_bank));
  if (nn::is_model_folder(settings_.encoder_weights)) {
    files.push_back(settings_.encoder_weights + "/" + nn::kManifestFile);  // holds the digest of the weights
  } else if (file_exists(settings_.encoder_weights)) {
    files.push_back(settings_.encoder_weights);
  } else {
    throw Error(ErrorCode::kModel, "no DreaMS network here: neither a model folder nor a file of weights")
        .in_file(settings_.encoder_weights)
        .remedy("Pre-train one (molbridge pretrain spectra), or name a published file in encoder.weights.");
  }
  return files;
}

std::shared_ptr<train::SpecbridgeNet> SpecbridgeJob::make_net(const JobContext& context) const {
  torch::manual_seed(context.seed);
  auto dreams = train::DreamsModule::open(settings_.encoder_weights, settings_.dropout);
  if (settings_.encoder_is_random) dreams = std::make_shared<train::DreamsModule>(dreams->sizes(), settings_.dropout);
  train::SpecbridgeNetOptions options = settings_.net;
  options.mapper.outputs = data_.targets.width();
  return std::make_shared<train::SpecbridgeNet>(std::move(dreams), options);
}

void SpecbridgeJob::prepare(const JobContext& context) {
  data_ = load_spectrum_data(settings_.data, {.max_peaks = kUnlimitedPeaks}, context);
  if (settings_.task.loss.candidate_softmax > 0) {
    settings_.negatives.seed = context.seed;
    negatives_ = std::make_unique<train::HardNegatives>(bank::Bank::open(settings_.negatives_bank),
                                                        data_.training.molecules, settings_.negatives);
    context.say("hard negatives: " + format_fixed(negatives_->mean_pool(), 1) + " per molecule in the mean, none for " +
                format_count(negatives_->without()));
  }
  net_ = make_net(context);
  settings_.task.seed = context.seed;
  settings_.task.cache_folder = context.cache_folder;
  task_ = std::make_unique<train::SpecbridgeTask>(data_.training, data_.targets, negatives_.get(), net_, settings_.task,
                                                  *context.progress);
  if (settings_.net.init == learn::MapperInit::kProcrustes) start_from_procrustes(context);
  validator_ = make_recall_validator(
      data_, settings_.data, [this](const auto& spectra) { return task_->embed(spectra); }, context);
}

/// The head is as random as ever; W starts as the rotation that brings what it gives nearest to the molecules.
void SpecbridgeJob::start_from_procrustes(const JobContext& context) {
  const torch::NoGradGuard no_grad;
  net_->eval();
  const auto& spectra = data_.training.spectra;
  const std::size_t count = std::min(kProcrustesSpectra, spectra.size());
  std::vector<torch::Tensor> inputs;
  std::vector<std::int64_t> molecules;
  for (std::size_t begin = 0; begin < count; begin += kEmbedBlock) {
    std::vector<train::DatasetSpectrum> block;
    for (std::size_t i = begin; i < std::min(count, begin + kEmbedBlock); ++i) {
      block.push_back(spectra[i * spectra.size() / count]);
      molecules.push_back(static_cast<std::int64_t>(block.back().molecule));
    }
    inputs.push_back(task_->head_outputs(block));
  }
  net_->mapper()->set_procrustes(torch::cat(inputs), train::normalized(data_.targets.rows(molecules)));
  context.say("W starts from the Procrustes solution of " + format_count(count) + " spectra");
}

void SpecbridgeJob::add_target_encoder(nn::ModelFolderWriter& writer) const {
  const std::string folder = network_folder(settings_.data.target_encoder);
  std::string target = settings_.data.target_encoder;
  if (!folder.empty()) {
    target = retrieve::kSpecbridgeMoleculeFolder + target.substr(folder.size());
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string name = fs::relative(entry.path(), folder).string();
      writer.add_side_file(std::string(retrieve::kSpecbridgeMoleculeFolder) + "/" + name,
                           read_text_file(entry.path().string()));
    }
  }
  writer.manifest.text("target.encoder", target);
  writer.manifest.text("target.encoder_digest", data_.encoder->digest());
}

void SpecbridgeJob::write_model(nn::ModelFolderWriter& writer) {
  add_target_encoder(writer);
  task_->write_model(writer);
  write_training_facts(data_, writer);
}

}  // namespace

std::unique_ptr<TrainingJob> make_specbridge_job(const Config& config) {
  return std::make_unique<SpecbridgeJob>(config);
}

}  // namespace molbridge::service_train
