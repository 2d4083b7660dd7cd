#include "molbridge/service_train/graph_embedding_job.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/graph_data.hpp"
#include "molbridge/train/graph_embedding_task.hpp"
#include "molbridge/train/link_validator.hpp"

namespace molbridge::service_train {
namespace {

/// [validation]: training edges that are held out to choose the epoch by.
struct ValidationSettings {
  double share = 0.02;
  std::int64_t most = 2000;
};

struct Settings {
  GraphDataSettings data;
  train::GraphEmbeddingTaskOptions task;
  ValidationSettings validation;
};

Settings read_settings(const Config& config) {
  const ConfigReader read(config);
  Settings out;
  out.data = read_graph_settings(config, /*require_modality=*/false);
  train::GraphEmbeddingTaskOptions& task = out.task;
  task.network.kind = config.text("kind");
  task.network.width = read.integer("bridge.width", task.network.width, 2, 1 << 14);
  if (task.network.width % 2 != 0) throw Error(ErrorCode::kUsage, "bridge.width must be even").in_file(config.name());
  task.loss.loss = train::parse_link_loss(config.text("loss.kind", std::string(name(task.loss.loss))));
  task.loss.margin = read.number("loss.margin", task.loss.margin, 0, 1e3);
  task.loss.adversarial_temperature =
      read.number("loss.adversarial_temperature", task.loss.adversarial_temperature, 0, 1e3);
  task.negatives = read.integer("loss.negatives", task.negatives, 1, 1 << 16);
  task.typed_negatives = config.flag("loss.typed_negatives", task.typed_negatives);
  task.regularisation = read.number("loss.regularisation", task.regularisation, 0, 1e6);
  out.validation.share = read.number("validation.share", out.validation.share, 0, 0.5);
  out.validation.most = read.integer("validation.most", out.validation.most, 1, 1 << 30);
  return out;
}

class GraphEmbeddingJob final : public TrainingJob {
 public:
  explicit GraphEmbeddingJob(Settings settings) : settings_(std::move(settings)) {}

  void write_settings(ConfigWriter& out) const override {
    write_graph_settings(settings_.data, out);
    const train::GraphEmbeddingTaskOptions& task = settings_.task;
    out.integer("bridge.width", task.network.width);
    out.text("loss.kind", name(task.loss.loss));
    out.number("loss.margin", task.loss.margin);
    out.number("loss.adversarial_temperature", task.loss.adversarial_temperature);
    out.integer("loss.negatives", task.negatives);
    out.flag("loss.typed_negatives", task.typed_negatives);
    out.number("loss.regularisation", task.regularisation);
    out.number("validation.share", settings_.validation.share);
    out.integer("validation.most", settings_.validation.most);
  }
  std::vector<std::string> inputs() const override { return inputs_of(settings_.data); }

  void prepare(const JobContext& context) override {
    settings_.task.seed = context.seed;
    data_ = load_graph_data(settings_.data, context);
    const std::vector<std::uint32_t> known = data_.training_edges;
    std::vector<std::uint32_t> held_out = train::hold_out_edges(
        data_.graph, data_.training_edges, settings_.validation.share, settings_.validation.most, context.seed);
    task_ = std::make_unique<train::GraphEmbeddingTask>(data_.graph, data_.training_edges, settings_.task);
    if (held_out.empty()) return;
    context.say(format_count(held_out.size()) + " of the edges are held out to choose the epoch by");
    validator_ = std::make_unique<train::LinkValidator>(data_.graph, *task_, std::move(held_out), known);
  }
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }
  std::string default_figure() const override { return "mrr"; }
  void write_model(nn::ModelFolderWriter& writer) override {
    task_->write_model(writer);
    write_graph_facts(data_, writer);
  }

 private:
  Settings settings_;
  GraphData data_;
  std::unique_ptr<train::GraphEmbeddingTask> task_;
  std::unique_ptr<train::LinkValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_graph_embedding_job(const Config& config) {
  return std::make_unique<GraphEmbeddingJob>(read_settings(config));
}

}  // namespace molbridge::service_train
