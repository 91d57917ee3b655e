#include "core/model/families/shared.h"

#include <algorithm>
#include <cmath>

namespace core {
namespace {

constexpr int kMaxContext = 1 << 30;
constexpr int kMaxHidden = 1 << 20;
constexpr int kMaxHeads = 1 << 14;

// The length before stretching: a key beside the scaling wins over the one inside it.
int readOriginalContext(ConfigReader& config, ConfigReader& scaling, int context) {
  if (config.has("original_max_position_embeddings")) {
    return config.integer("original_max_position_embeddings", 1, kMaxContext);
  }
  return scaling.integerOr("original_max_position_embeddings", 1, kMaxContext, context);
}

// yarn and longrope: a factor of null is the ratio of the lengths.
double readFactor(ConfigReader& scaling, int context, int original) {
  return scaling.positiveOr("factor", original > 0 ? static_cast<double>(context) / original : 1.0);
}

void readScaling(ConfigReader& config, ConfigReader& scaling, const std::string& type, ModelConfig& model) {
  RopeConfig& rope = model.attention.rope;
  if (type == "linear" || type == "dynamic") {
    rope.scaling = type == "linear" ? RopeScaling::Linear : RopeScaling::Dynamic;
    rope.factor = scaling.positive("factor");
    rope.originalContext = model.context;
    if (rope.scaling == RopeScaling::Dynamic && rope.factor > 1) {
      model.context = static_cast<int>(std::min(model.context * rope.factor, double{kMaxContext}));
    }
    return;
  }
  if (type != "yarn" && type != "llama3" && type != "longrope") {
    scaling.expected(scaling.has("rope_type") ? "rope_type" : "type",
                     "one of default, linear, dynamic, yarn, llama3, longrope");
    return;
  }
  rope.originalContext = readOriginalContext(config, scaling, model.context);
  if (type != "llama3") rope.attentionFactor = scaling.positiveOr("attention_factor", 0);
  if (type == "yarn") {
    rope.scaling = RopeScaling::Yarn;
    rope.factor = readFactor(scaling, model.context, rope.originalContext);
    if (rope.theta == 1) config.problem("rope_theta", "expected any base but 1, with yarn, found 1");
    rope.betaFast = scaling.positiveOr("beta_fast", 32);
    rope.betaSlow = scaling.positiveOr("beta_slow", 1);
    if (rope.betaFast < rope.betaSlow)
      scaling.expected("beta_fast", fmt::format("at least beta_slow, {}", rope.betaSlow));
    rope.truncate = scaling.booleanOr("truncate", true);
    rope.mscale = scaling.notNegativeOr("mscale", 0);
    rope.mscaleAllDim = scaling.notNegativeOr("mscale_all_dim", 0);
  } else if (type == "llama3") {
    rope.scaling = RopeScaling::Llama3;
    rope.factor = scaling.positive("factor");
    rope.lowFrequencyFactor = scaling.positive("low_freq_factor");
    rope.highFrequencyFactor = scaling.positive("high_freq_factor");
    if (rope.highFrequencyFactor <= rope.lowFrequencyFactor) {
      scaling.expected("high_freq_factor", fmt::format("more than low_freq_factor, {}", rope.lowFrequencyFactor));
    }
  } else {
    rope.scaling = RopeScaling::LongRope;
    rope.factor = readFactor(scaling, model.context, rope.originalContext);
    if (rope.originalContext < 2) scaling.expected("original_max_position_embeddings", "at least 2, with longrope");
    const auto pairs = static_cast<size_t>(rope.dimensions / 2);
    rope.longFactor = scaling.numbers("long_factor", pairs);
    rope.shortFactor = scaling.numbers("short_factor", pairs);
    rope.longMscale = scaling.positiveOr("long_mscale", 0);
    rope.shortMscale = scaling.positiveOr("short_mscale", 0);
  }
  const double stretched = type == "longrope" ? 0 : rope.factor * rope.originalContext;
  model.context = static_cast<int>(std::clamp(stretched, double(model.context), double{kMaxContext}));
}

}  // namespace

// Old files: rope_theta and rope_scaling {type | rope_type, ...}. New files: rope_parameters with all of it inside.
void readRope(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model) {
  RopeConfig& rope = model.attention.rope;
  rope.dimensions = model.attention.headDim;
  std::optional<ConfigReader> scaling = config.objectOr("rope_scaling");
  if (!scaling) scaling = config.objectOr("rope_parameters");
  rope.theta = config.positiveOr("rope_theta", defaults.ropeTheta);
  if (scaling) rope.theta = scaling->positiveOr("rope_theta", rope.theta);
  for (ConfigReader* reader : {&config, scaling ? &*scaling : &config}) {
    if (reader->positiveOr("partial_rotary_factor", 1) != 1)
      reader->expected("partial_rotary_factor", "1, the only one this family runs with");
  }
  if (!scaling) return;
  for (std::string_view nested : {"full_attention", "sliding_attention"}) {
    if (scaling->has(nested)) scaling->problem(nested, "rotations that differ by layer are not run for this family");
  }
  const std::string type = scaling->textOr("rope_type", scaling->textOr("type", "default"));
  if (type != "default") readScaling(config, *scaling, type, model);
}

Activation readActivation(ConfigReader& config, std::string_view key) {
  const std::string name = config.textOr(key, "silu");
  if (name == "silu" || name == "swish") return Activation::SwiGlu;
  if (name == "gelu_pytorch_tanh" || name == "gelu_new" || name == "gelu_fast") return Activation::GeGluTanh;
  config.expected(key, "one of silu, swish, gelu_pytorch_tanh, gelu_new, gelu_fast");
  return Activation::SwiGlu;
}

void readSizes(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model) {
  model.width = config.integer("hidden_size", 1, kMaxWidth);
  model.layers = config.integer("num_hidden_layers", 1, kMaxLayers);
  model.vocabulary = config.integer("vocab_size", 1, kMaxVocabulary);
  model.context = config.integerOr("max_position_embeddings", 1, kMaxContext, defaults.context);
  model.normEps = config.notNegativeOr("rms_norm_eps", defaults.normEps);
  if (model.normEps > 1) config.expected("rms_norm_eps", "a number from 0 to 1");
  model.tiedEmbeddings = config.booleanOr("tie_word_embeddings", false);
  model.bos = config.tokenIds("bos_token_id");
  model.eos = config.tokenIds("eos_token_id");
  model.layer.assign(static_cast<size_t>(model.layers), LayerConfig{});
}

void checkHeads(ConfigReader& config, std::string_view key, const AttentionConfig& attention) {
  if (attention.headDim % 2 != 0) {
    config.problem(key, fmt::format("expected an even number, for rotation, found {}", attention.headDim));
  }
  if (int64_t{attention.heads} * attention.headDim > int64_t{8} * kMaxWidth) {
    config.problem(key, fmt::format("expected heads times head_dim of at most {}, found {} times {}", 8 * kMaxWidth,
                                    attention.heads, attention.headDim));
  }
}

void readAttention(ConfigReader& config, const FamilyDefaults& defaults, ModelConfig& model) {
  AttentionConfig& attention = model.attention;
  attention.heads = config.integer("num_attention_heads", 1, kMaxHeads);
  const bool said = config.has("num_key_value_heads");
  const bool silent = !said && defaults.keyValueHeads > 0 && !config.isNull("num_key_value_heads");
  attention.keyValueHeads =
      config.integerOr("num_key_value_heads", 1, kMaxHeads, silent ? defaults.keyValueHeads : attention.heads);
  if (attention.heads % attention.keyValueHeads != 0) {
    config.problem("num_key_value_heads", fmt::format("expected a divisor of num_attention_heads, {}, found {}{}",
                                                      attention.heads, attention.keyValueHeads,
                                                      said ? "" : " (what this family takes where the key is absent)"));
    attention.keyValueHeads = attention.heads;
  }
  if (config.has("head_dim")) {
    attention.headDim = config.integer("head_dim", 1, kMaxWidth);
  } else {
    attention.headDim = model.width / attention.heads;
    if (model.width % attention.heads != 0) {
      config.problem(
          "num_attention_heads",
          fmt::format("expected a divisor of hidden_size, {}, or a head_dim, found {}", model.width, attention.heads));
    }
  }
  checkHeads(config, "head_dim", attention);
  attention.scale = 1.0 / std::sqrt(static_cast<double>(std::max(attention.headDim, 1)));
  if (config.failed()) return;
  readRope(config, defaults, model);
}

void readExperts(ConfigReader& config, std::string_view key, std::string_view otherKey, std::string_view chosenKey,
                 int chosenDefault, bool allowNone, ModelConfig& model) {
  RouterConfig& router = model.router;
  const std::string_view used = config.has(key) || !config.has(otherKey) ? key : otherKey;
  router.experts = config.integer(used, allowNone ? 0 : 1, kMaxExperts);
  if (!config.has(used)) router.experts = 1;  // which has failed; what experts need is missed, too
  if (used == key && config.has(otherKey) && config.integer(otherKey, 0, kMaxExperts) != router.experts) {
    config.expected(otherKey, fmt::format("the {} of {}", router.experts, key));
  }
  if (router.experts == 0) return;
  router.chosen = config.integerOr(chosenKey, 1, router.experts, chosenDefault);
  if (router.chosen > router.experts) {
    config.problem(chosenKey,
                   fmt::format("expected at most {}, the number of experts, found {} (what this family takes "
                               "where the key is absent)",
                               router.experts, router.chosen));
  }
}

void readWindow(ConfigReader& config, int windowDefault, ModelConfig& model) {
  const int fallback = config.isNull("sliding_window") ? 0 : windowDefault;
  const int window = config.integerOr("sliding_window", 1, kMaxContext, fallback);
  for (LayerConfig& layer : model.layer) layer.window = window;
}

void readSparseLayers(ConfigReader& config, ModelConfig& model) {
  const int step = config.integerOr("decoder_sparse_step", 1, kMaxLayers, 1);
  const std::vector<int> denseOnly = config.integers("mlp_only_layers", 0, kMaxLayers, kMaxLayers);
  for (int l = 0; l < model.layers; ++l) {
    const bool listed = std::find(denseOnly.begin(), denseOnly.end(), l) != denseOnly.end();
    model.layer[static_cast<size_t>(l)].moe = !listed && model.router.experts > 0 && (l + 1) % step == 0;
  }
  readDenseHidden(config, model);
}

void readLeadingDense(ConfigReader& config, int leadingDefault, ModelConfig& model) {
  const int leading = config.integerOr("first_k_dense_replace", 0, kMaxLayers, leadingDefault);
  const int every = config.integerOr("moe_layer_freq", 1, kMaxLayers, 1);
  for (int l = 0; l < model.layers; ++l) {
    model.layer[static_cast<size_t>(l)].moe = model.router.experts > 0 && l >= leading && l % every == 0;
  }
  readDenseHidden(config, model);
  if (every > 1 && routes(model)) {
    model.disagreements.push_back("moe_layer_freq is followed, as in the published code; llama.cpp ignores it");
  }
}

void readSharedBlock(ConfigReader& config, int sharedDefault, ModelConfig& model) {
  const int silent = config.isNull("n_shared_experts") ? 0 : sharedDefault;
  const int shared = config.integerOr("n_shared_experts", 0, kMaxExperts, silent);
  if (shared == 0) return;
  model.shared = SharedExpert::Summed;
  model.sharedHidden = readWidth(config, "n_shared_experts", int64_t{shared} * model.expertHidden);
}

void readDenseHidden(ConfigReader& config, ModelConfig& model) {
  if (std::all_of(model.layer.begin(), model.layer.end(), [](const LayerConfig& l) { return l.moe; })) return;
  const int hidden = readHidden(config, "intermediate_size");
  for (LayerConfig& layer : model.layer) layer.denseHidden = layer.moe ? 0 : hidden;
}

bool routes(const ModelConfig& model) {
  return std::any_of(model.layer.begin(), model.layer.end(), [](const LayerConfig& l) { return l.moe; });
}

void allowScalings(ConfigReader& config, const ModelConfig& model, std::initializer_list<RopeScaling> scalings) {
  const RopeScaling scaling = model.attention.rope.scaling;
  if (scaling == RopeScaling::None) return;
  if (std::find(scalings.begin(), scalings.end(), scaling) == scalings.end()) {
    config.problem("rope_scaling", "expected a scaling that this family has, found another");
  }
}

int readWidth(ConfigReader& config, std::string_view key, int64_t neurons) {
  if (neurons <= kMaxHidden) return static_cast<int>(neurons);
  config.problem(key, fmt::format("expected at most {} neurons of a shared expert, found {}", kMaxHidden, neurons));
  return 0;
}

int readHidden(ConfigReader& config, std::string_view key) { return config.integer(key, 1, kMaxHidden); }

std::vector<TensorRule> commonTensors() {
  return {
      {Role::Embedding, "model.embed_tokens.weight"},
      {Role::FinalNorm, "model.norm.weight"},
      {Role::OutputMatrix, "lm_head.weight"},
      {Role::InputNorm, "model.layers.{l}.input_layernorm.weight"},
      {Role::Query, "model.layers.{l}.self_attn.q_proj.weight"},
      {Role::Key, "model.layers.{l}.self_attn.k_proj.weight"},
      {Role::Value, "model.layers.{l}.self_attn.v_proj.weight"},
      {Role::AttentionOutput, "model.layers.{l}.self_attn.o_proj.weight"},
      {Role::QueryBias, "model.layers.{l}.self_attn.q_proj.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::KeyBias, "model.layers.{l}.self_attn.k_proj.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::ValueBias, "model.layers.{l}.self_attn.v_proj.bias", Layout::OutIn, Part::Whole, When::QkvBias},
      {Role::AttentionOutputBias, "model.layers.{l}.self_attn.o_proj.bias", Layout::OutIn, Part::Whole,
       When::OutputBias},
      {Role::BlockNorm, "model.layers.{l}.post_attention_layernorm.weight"},
  };
}

std::vector<TensorRule> denseTensors() {
  return {
      {Role::DenseGate, "model.layers.{l}.mlp.gate_proj.weight"},
      {Role::DenseUp, "model.layers.{l}.mlp.up_proj.weight"},
      {Role::DenseDown, "model.layers.{l}.mlp.down_proj.weight"},
  };
}

std::vector<TensorRule> separateExperts() {
  return {
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.{e}.gate_proj.weight"},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.{e}.up_proj.weight"},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.{e}.down_proj.weight"},
  };
}

std::vector<TensorRule> fusedExperts(std::string_view gateUp, std::string_view down) {
  return {
      {Role::ExpertGate, gateUp, Layout::OutIn, Part::FirstHalf},
      {Role::ExpertUp, gateUp, Layout::OutIn, Part::SecondHalf},
      {Role::ExpertDown, down},
  };
}

std::vector<TensorRule> mixtralTensors() {
  const std::vector<TensorRule> published = {
      {Role::Router, "model.layers.{l}.block_sparse_moe.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.block_sparse_moe.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.block_sparse_moe.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.block_sparse_moe.experts.{e}.w3.weight"},
  };
  const std::vector<TensorRule> renamed = {
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.{e}.w3.weight"},
  };
  return joined({published,
                 fusedExperts("model.layers.{l}.block_sparse_moe.experts.gate_up_proj",
                              "model.layers.{l}.block_sparse_moe.experts.down_proj"),
                 renamed,
                 fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj"),
                 separateExperts()});
}

std::vector<TensorRule> joined(std::initializer_list<std::vector<TensorRule>> lists) {
  std::vector<TensorRule> all;
  for (const std::vector<TensorRule>& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

}  // namespace core
