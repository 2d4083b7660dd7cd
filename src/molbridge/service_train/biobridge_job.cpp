#include "molbridge/service_train/biobridge_job.hpp"

#include "molbridge/core/text.hpp"
#include "molbridge/service_train/biobridge_validator.hpp"
#include "molbridge/service_train/config_reader.hpp"
#include "molbridge/service_train/side_terms.hpp"

namespace molbridge::service_train {
namespace {

constexpr std::int64_t kMaxWidth = 1 << 16;
constexpr const char* kTfidfFile = "text_terms.tsv";  // side file of the model

struct Settings {
  BiobridgeDataSettings data;
  train::BiobridgeTaskOptions task;
  bool wide = false;  ///< weights as float32
};

learn::RelationBridgeOptions read_network(const Config& config) {
  const ConfigReader read(config);
  learn::RelationBridgeOptions out;
  out.width = read.integer("bridge.width", 256, 1, kMaxWidth);
  out.layers = read.integer("bridge.layers", 2, 0, 256);
  out.heads = read.integer("bridge.heads", 4, 1, kMaxWidth);
  out.feed_forward = read.integer("bridge.feed_forward", 512, 1, kMaxWidth);
  out.dropout = read.number("bridge.dropout", 0.1, 0, 0.95);
  if (out.width % out.heads != 0)
    throw Error(ErrorCode::kUsage, "bridge.width = " + std::to_string(out.width) +
                                       " is no multiple of bridge.heads = " + std::to_string(out.heads))
        .in_file(config.name());
  return out;
}

Settings read_settings(const Config& config) {
  const ConfigReader read(config);
  Settings out;
  out.data.graph = read_graph_settings(config, /*require_modality=*/true);
  out.data.reverse = parse_reverse(config.text("graph.reverse", "none"));
  out.data.encoders["molecule"] = config.text("encoders.molecule", "ecfp4");
  out.data.encoders["protein"] = config.text("encoders.protein", "protein-descriptor");
  out.data.encoders["text"] = config.text("encoders.text", "");  // none that everybody has
  out.data.validation_share = read.number("validation.share", out.data.validation_share, 0, 0.5);
  out.data.validation_edges = read.integer("validation.max_edges", out.data.validation_edges, 1, 1 << 24);
  out.task.network = read_network(config);
  out.task.temperature = read.number("loss.temperature", out.task.temperature, 1e-4, 100);
  out.task.negatives = read.integer("loss.negatives", out.task.negatives, 0, 1 << 12);
  out.task.in_batch = config.flag("loss.in_batch", out.task.in_batch);
  out.wide = read.wide_weights(out.wide);
  if (out.task.negatives == 0 && !out.task.in_batch)
    throw Error(ErrorCode::kUsage,
                "loss.negatives = 0 needs loss.in_batch = true: there is nothing to tell a tail from")
        .in_file(config.name());
  return out;
}

class BiobridgeJob : public TrainingJob {
 public:
  explicit BiobridgeJob(const Config& config) : settings_(read_settings(config)) {}

  void write_settings(ConfigWriter& out) const override {
    const train::BiobridgeTaskOptions& task = settings_.task;
    write_graph_settings(settings_.data.graph, out);
    out.text("graph.reverse", name(settings_.data.reverse));
    for (const auto& [modality, specification] : settings_.data.encoders)
      out.text("encoders." + modality, specification);
    out.integer("bridge.width", task.network.width);
    out.integer("bridge.layers", task.network.layers);
    out.integer("bridge.heads", task.network.heads);
    out.integer("bridge.feed_forward", task.network.feed_forward);
    out.number("bridge.dropout", task.network.dropout);
    out.text("bridge.weights", settings_.wide ? "f32" : "f16");
    out.number("loss.temperature", task.temperature);
    out.integer("loss.negatives", task.negatives);
    out.flag("loss.in_batch", task.in_batch);
    out.number("validation.share", settings_.data.validation_share);
    out.integer("validation.max_edges", settings_.data.validation_edges);
  }
  std::vector<std::string> inputs() const override { return inputs_of(settings_.data.graph); }
  std::string default_figure() const override { return "mrr"; }

  void prepare(const JobContext& context) override {
    settings_.task.seed = context.seed;
    settings_.task.network.types = settings_.task.network.relations = 0;
    data_ = load_biobridge_data(settings_.data, context);
    settings_.task.network.types = static_cast<std::int64_t>(data_.names.types.size());
    settings_.task.network.relations = static_cast<std::int64_t>(data_.names.relations.size());
    task_ = std::make_unique<train::BiobridgeTask>(data_.set, settings_.task);
    if (!data_.validation.empty()) validator_ = std::make_unique<BiobridgeValidator>(data_, *task_);
  }
  train::Task& task() override { return *task_; }
  train::Validator* validator() override { return validator_.get(); }

  void write_model(nn::ModelFolderWriter& writer) override {
    retrieve::BiobridgeManifest names = data_.names;
    if (const auto text = names.encoders.find("text"); text != names.encoders.end())
      text->second.specification = keep_terms(text->second.specification, kTfidfFile, writer);
    write_biobridge_manifest(names, writer.manifest);
    learn::write_relation_bridge(task_->bridge(), settings_.wide, writer.manifest, writer.weights);
    write_graph_facts(data_.graph, writer);
    writer.manifest.integer("training.trained_edges", static_cast<std::int64_t>(data_.set.edges.size()));
    writer.manifest.text("training.reverse", name(settings_.data.reverse));
  }

 private:
  Settings settings_;
  BiobridgeData data_;
  std::unique_ptr<train::BiobridgeTask> task_;
  std::unique_ptr<BiobridgeValidator> validator_;
};

}  // namespace

std::unique_ptr<TrainingJob> make_biobridge_job(const Config& config) { return std::make_unique<BiobridgeJob>(config); }

}  // namespace molbridge::service_train
