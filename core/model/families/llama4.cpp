// Llama 4, its text model: the best expert by raw logit, whose weight, a sigmoid, multiplies the expert's input; a
// shared expert beside it. Layers with rotation attend within chunks and norm queries and keys; the others see
// everything, and their queries grow with the position. Published folders keep the text model under text_config.
#include <algorithm>

#include "core/model/families/shared.h"

namespace core {
namespace {

// 1: the layer rotates and attends in chunks. Silent or empty: all but every no_rope_layer_interval-th.
void readRotation(ConfigReader& config, ModelConfig& model) {
  const std::vector<int> said = config.integers("no_rope_layers", 0, 1, kMaxLayers);
  const int interval = config.integerOr("no_rope_layer_interval", 1, kMaxLayers, 4);
  if (!said.empty() && said.size() != model.layer.size()) {
    config.expected("no_rope_layers", fmt::format("one entry for each of {} layers", model.layers));
    return;
  }
  const int chunk =
      config.isNull("attention_chunk_size") ? 0 : config.integerOr("attention_chunk_size", 1, 1 << 30, 8192);
  for (int l = 0; l < model.layers; ++l) {
    const auto i = static_cast<size_t>(l);
    LayerConfig& layer = model.layer[i];
    layer.rope = said.empty() ? (l + 1) % interval != 0 : said[i] == 1;
    layer.chunk = layer.rope ? chunk : 0;
  }
}

void readQueries(ConfigReader& config, ModelConfig& model) {
  AttentionConfig& attention = model.attention;
  attention.rope.layout = RopeLayout::Interleaved;
  if (config.booleanOr("use_qk_norm", true)) {
    attention.qkNorm = QkNorm::Weightless;
    attention.qkNormEps = model.normEps;
  }
  if (config.booleanOr("attn_temperature_tuning", true)) {
    attention.temperatureScale = config.notNegativeOr("attn_scale", 0.1);
    attention.temperatureFloor = config.integerOr("floor_scale", 1, 1 << 30, 8192);
  }
}

// moe_layers where it is given, else every interleave_moe_layer_step-th.
void readLayers(ConfigReader& config, ModelConfig& model) {
  const int step = config.integerOr("interleave_moe_layer_step", 1, kMaxLayers, 1);
  const std::vector<int> listed = config.integers("moe_layers", 0, kMaxLayers, kMaxLayers);
  const bool isListed = config.has("moe_layers");
  bool anyDense = false;
  for (int l = 0; l < model.layers; ++l) {
    LayerConfig& layer = model.layer[static_cast<size_t>(l)];
    layer.moe = isListed ? std::find(listed.begin(), listed.end(), l) != listed.end() : (l + 1) % step == 0;
    anyDense = anyDense || !layer.moe;
  }
  if (!anyDense) return;
  const int hidden = readHidden(config, "intermediate_size_mlp");
  for (LayerConfig& layer : model.layer) layer.denseHidden = layer.moe ? 0 : hidden;
}

FamilyConfig read(ConfigReader& whole) {
  std::optional<ConfigReader> nested = whole.objectOr("text_config");
  ConfigReader& config = nested ? *nested : whole;
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 5e5, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  if (nested) model.tiedEmbeddings = whole.booleanOr("tie_word_embeddings", model.tiedEmbeddings);
  readAttention(config, defaults, model);
  // With other scalings cos and sin may carry a factor, and norms before and after the rotation would differ.
  allowScalings(config, model, {RopeScaling::Linear, RopeScaling::Dynamic, RopeScaling::Llama3});
  result.qkvBias = result.outputBias = config.booleanOr("attention_bias", false);
  readQueries(config, model);
  readRotation(config, model);
  model.activation = readActivation(config);
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 1, false, model);
  model.router.score = ScoreFunction::None;
  model.router.weights = WeightForm::Sigmoid;
  model.router.side = WeightSide::Input;
  readLayers(config, model);
  if (!routes(model)) return result;
  model.expertHidden = model.sharedHidden = readHidden(config, "intermediate_size");
  model.shared = SharedExpert::Summed;
  return result;
}

}  // namespace

Family llama4Family() {
  const std::vector<TensorRule> own = {
      {Role::DenseGate, "model.layers.{l}.feed_forward.gate_proj.weight"},
      {Role::DenseUp, "model.layers.{l}.feed_forward.up_proj.weight"},
      {Role::DenseDown, "model.layers.{l}.feed_forward.down_proj.weight"},
      {Role::Router, "model.layers.{l}.feed_forward.router.weight"},
      {Role::SharedGate, "model.layers.{l}.feed_forward.shared_expert.gate_proj.weight"},
      {Role::SharedUp, "model.layers.{l}.feed_forward.shared_expert.up_proj.weight"},
      {Role::SharedDown, "model.layers.{l}.feed_forward.shared_expert.down_proj.weight"},
      {Role::ExpertGate, "model.layers.{l}.feed_forward.experts.gate_up_proj", Layout::InOut, Part::FirstHalf},
      {Role::ExpertUp, "model.layers.{l}.feed_forward.experts.gate_up_proj", Layout::InOut, Part::SecondHalf},
      {Role::ExpertDown, "model.layers.{l}.feed_forward.experts.down_proj", Layout::InOut},
  };
  return {"llama4", {"llama4", "llama4_text"},      {"Llama4ForCausalLM", "Llama4ForConditionalGeneration"},
          read,     joined({commonTensors(), own}), "language_model."};
}

}  // namespace core
