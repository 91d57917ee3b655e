// What each struct lists (core/trace/field_json.h), and what is checked beyond a field by itself.
#include "core/trace/run_info_json.h"

#include <array>

#include "core/trace/field_json.h"

namespace core {
namespace {

using Json = nlohmann::json;

constexpr size_t kMaxRotations = kMaxWidth;
constexpr size_t kMaxNotes = 4096;

constexpr std::array kCaptures = {"none", "routing", "ledger", "full"};
constexpr std::array kNorms = {"rms", "layer"};
constexpr std::array kActivations = {"swiglu", "geglu_tanh", "triple_swiglu", "clamped_swiglu"};
constexpr std::array kQkNorms = {"none", "full_width", "per_head", "weightless"};
constexpr std::array kRopeLayouts = {"half", "interleaved"};
constexpr std::array kRopeScalings = {"none", "linear", "dynamic", "yarn", "llama3", "longrope"};
constexpr std::array kScores = {"softmax", "sigmoid", "none", "sparsemixer"};
constexpr std::array kGroupScores = {"max", "sum_of_top_two"};
constexpr std::array kOrders = {"rank_major", "token_major", "batch_priority", "by_score", "permuted"};
constexpr std::array kSides = {"output", "input"};
constexpr std::array kSharedExperts = {"none", "summed", "gated", "own_step"};

}  // namespace

template <class V, Is<RopeConfig> T>
void fields(V& v, T& r) {
  v.number("theta", r.theta);
  v.integer("dimensions", r.dimensions, 0, kMaxWidth);
  v.integer("offset", r.offset, 0, kMaxWidth);
  v.choice("layout", r.layout, kRopeLayouts);
  v.choice("scaling", r.scaling, kRopeScalings);
  v.number("factor", r.factor);
  v.integer("original_context", r.originalContext, 0, kMostOfAField);
  v.number("attention_factor", r.attentionFactor);
  v.number("beta_fast", r.betaFast);
  v.number("beta_slow", r.betaSlow);
  v.flag("truncate", r.truncate);
  v.number("mscale", r.mscale);
  v.number("mscale_all_dim", r.mscaleAllDim);
  v.number("low_frequency_factor", r.lowFrequencyFactor);
  v.number("high_frequency_factor", r.highFrequencyFactor);
  v.list("long_factor", r.longFactor, kMaxRotations);
  v.list("short_factor", r.shortFactor, kMaxRotations);
  v.number("long_mscale", r.longMscale);
  v.number("short_mscale", r.shortMscale);
}

template <class V, Is<LatentAttention> T>
void fields(V& v, T& a) {
  v.integer("query_rank", a.queryRank, 0, kMaxWidth);
  v.integer("key_value_rank", a.keyValueRank, 0, kMaxWidth);
  v.integer("nope_dim", a.nopeDim, 0, kMaxWidth);
  v.integer("rope_dim", a.ropeDim, 0, kMaxWidth);
  v.integer("value_dim", a.valueDim, 0, kMaxWidth);
  v.number("norm_eps", a.normEps);
}

template <class V, Is<AttentionConfig> T>
void fields(V& v, T& a) {
  v.integer("heads", a.heads, 0, kMaxWidth);
  v.integer("key_value_heads", a.keyValueHeads, 0, kMaxWidth);
  v.integer("head_dim", a.headDim, 0, kMaxWidth);
  v.number("scale", a.scale);
  v.choice("qk_norm", a.qkNorm, kQkNorms);
  v.number("qk_norm_eps", a.qkNormEps);
  v.number("clip_qkv", a.clipQkv);
  v.number("logit_cap", a.logitCap);
  v.number("temperature_scale", a.temperatureScale);
  v.integer("temperature_floor", a.temperatureFloor, 1, kMostOfAField);
  v.flag("sinks", a.sinks);
  v.flag("tiled_key_values", a.tiledKeyValues);
  v.flag("local_filter", a.localFilter);
  v.number("local_filter_eps", a.localFilterEps);
  v.object("latent", a.latent);
  v.object("rope", a.rope);
}

template <class V, Is<RouterConfig> T>
void fields(V& v, T& r) {
  v.integer("experts", r.experts, 0, kMaxExperts);
  v.integer("chosen", r.chosen, 0, kMaxExperts);
  v.choice("score", r.score, kScores);
  v.form("weights", r.weights);
  v.number("scale", r.scale);
  v.choice("side", r.side, kSides);
  v.flag("bias", r.bias);
  v.flag("selection_bias", r.selectionBias);
  v.integer("groups", r.groups, 0, kMaxExperts);
  v.integer("groups_chosen", r.groupsChosen, 0, kMaxExperts);
  v.choice("group_score", r.groupScore, kGroupScores);
  v.number("sparse_mixer_jitter", r.sparseMixerJitter);
  v.number("logit_norm", r.logitNorm);
  v.flag("attention_router", r.attentionLogits);
  v.flag("drops_choices", r.dropsChoices);
  v.rule("capacity_rule", r.capacityRule);
  v.number("capacity_factor", r.capacityFactor);
  v.integer("min_capacity", r.minCapacity, 0, kMostOfAField);
}

template <class V, Is<LayerConfig> T>
void fields(V& v, T& l) {
  v.flag("moe", l.moe);
  v.flag("rope", l.rope);
  v.integer("window", l.window, 0, kMostOfAField);
  v.integer("chunk", l.chunk, 0, kMostOfAField);
  v.integer("dense_hidden", l.denseHidden, 0, kMostOfAField);
}

template <class V, Is<ModelConfig> T>
void fields(V& v, T& c) {
  v.text("family", c.family);
  v.text("architecture", c.architecture);
  v.integer("width", c.width, 0, kMaxWidth);
  v.integer("layers", c.layers, 0, kMaxLayers);
  v.integer("vocabulary", c.vocabulary, 0, kMaxVocabulary);
  v.integer("context", c.context, 0, kMostOfAField);
  v.integer("expert_hidden", c.expertHidden, 0, kMostOfAField);
  v.integer("shared_hidden", c.sharedHidden, 0, kMostOfAField);
  v.choice("norm", c.norm, kNorms);
  v.number("norm_eps", c.normEps);
  v.number("final_norm_eps", c.finalNormEps);
  v.flag("post_norms", c.postNorms);
  v.choice("activation", c.activation, kActivations);
  v.choice("shared", c.shared, kSharedExperts);
  v.object("attention", c.attention);
  v.object("router", c.router);
  v.object("attention_router", c.attentionRouter);
  v.flag("routed_bias", c.routedBias);
  v.objects("layer", c.layer, kMaxLayers);
  v.flag("tied_embeddings", c.tiedEmbeddings);
  v.number("embedding_scale", c.embeddingScale);
  v.number("residual_scale", c.residualScale);
  v.flag("parts_as_added", c.partsAsAdded);
  v.number("logit_scale", c.logitScale);
  v.number("final_logit_cap", c.finalLogitCap);
  v.list("bos", c.bos, kMaxNotes);
  v.list("eos", c.eos, kMaxNotes);
  v.list("disagreements", c.disagreements, kMaxNotes);
}

template <class V, Is<Sampling> T>
void fields(V& v, T& s) {
  v.number("temperature", s.temperature);
  v.integer("top_k", s.topK, 0, kMostOfAField);
  v.number("top_p", s.topP);
  v.seed("seed", s.seed);
}

template <class V, Is<CapacityOptions> T>
void fields(V& v, T& c) {
  v.flag("active", c.active);
  v.flag("simulated", c.simulated);
  v.rule("rule", c.rule);
  v.number("factor", c.factor);
  v.integer("min_capacity", c.minCapacity, 0, kMostOfAField);
}

template <class V, Is<EngineInfo> T>
void fields(V& v, T& e) {
  v.text("engine", e.engine);
  v.text("device", e.device);
  v.text("driver", e.driver);
  v.text("kernels", e.kernels);
}

struct ModelName {
  std::string name, path, hash;
};

template <class V, Is<ModelName> T>
void fields(V& v, T& m) {
  v.text("name", m.name);
  v.text("path", m.path);
  v.text("hash", m.hash);
}

template <class V, Is<ReplayOrigin> T>
void fields(V& v, T& r) {
  v.text("policy", r.policy);
  v.text("settings", r.settings);
  v.integer("k", r.k, 1, kMaxExperts);
  v.integer("run_k", r.runK, 0, kMaxExperts);
  v.flag("causal", r.causal);
  v.flag("exact", r.exact);
  v.rule("rule", r.rule);
  v.number("factor", r.factor);
  v.choice("order", r.serving.order, kOrders);
  v.seed("order_seed", r.serving.seed);
  v.integer("sequence", r.serving.sequence, 0, kMostOfAField);
  v.integer("group_sequences", r.serving.sequences, 1, kMostOfAField);
}

template <class V, Is<RunInfo> T>
void fields(V& v, T& r) {
  v.text("program_version", r.programVersion);
  v.object("engine", r.engine);
  v.integer("prompt_tokens", r.promptTokens, 0, kMostOfAField);
  v.integer("special_tokens", r.specialTokens, 0, kMostOfAField);
  v.object("sampling", r.sampling);
  v.choice("capture", r.capture, kCaptures);
  v.object("capacity", r.capacity);
}

namespace {

template <class T>
Json written(const T& object) {
  FieldWriter writer;
  fields(writer, object);
  return std::move(writer.json);
}

Status checkSizes(const ModelConfig& config, std::string_view place) {
  if (config.layer.size() != static_cast<size_t>(config.layers)) {
    return fail("{}.layer: expected {} rows, one a layer, found {}", place, config.layers, config.layer.size());
  }
  for (const auto& [name, router] :
       {std::pair{"router", &config.router}, std::pair{"attention_router", &config.attentionRouter}}) {
    if (router->chosen <= router->experts) continue;
    return fail("{}.{}.chosen: expected at most the {} experts there are, found {}", place, name, router->experts,
                router->chosen);
  }
  return {};
}

}  // namespace

Json toJson(const ModelConfig& config) { return written(config); }
Json toJson(const Sampling& sampling) { return written(sampling); }
Json toJson(const CapacityOptions& capacity) { return written(capacity); }
Json toJson(const EngineInfo& engine) { return written(engine); }
std::string_view captureName(Capture capture) { return kCaptures.at(static_cast<size_t>(capture)); }

Json toJson(const RunInfo& info) {
  Json json = written(info);
  json["model"] = written(ModelName{info.modelName, info.modelPath, info.modelHash});
  json["prompt"] = info.prompt ? Json(*info.prompt) : Json(nullptr);
  if (!info.chat.empty()) json["chat"] = info.chat;
  if (info.config) json["config"] = toJson(*info.config);
  if (info.replay) json["replay"] = written(*info.replay);
  if (!info.interventions.empty()) json["interventions"] = info.interventions;
  return json;
}

Result<ModelConfig> modelConfigFromJson(const Json& json, std::string_view place) {
  Error error;
  ModelConfig config;
  FieldReader reader(json, std::string(place), error);
  fields(reader, config);
  if (!error.message.empty()) return tl::unexpected<Error>(error);
  TRY_STATUS(checkSizes(config, place));
  return config;
}

Result<RunInfo> runInfoFromJson(const Json& json, std::string_view place) {
  Error error;
  RunInfo info;
  ModelName model;
  FieldReader reader(json, std::string(place), error);
  fields(reader, info);
  reader.object("model", model);
  if (const Json* prompt = reader.at("prompt"); prompt && !prompt->is_null()) {
    reader.text("prompt", info.prompt.emplace());
  }
  if (const Json* chat = reader.at("chat"); chat && !chat->is_null()) reader.text("chat", info.chat);
  if (const Json* replay = reader.at("replay"); replay && !replay->is_null()) {
    reader.object("replay", info.replay.emplace());
  }
  if (const Json* list = reader.at("interventions"); list && !list->is_null()) {
    if (!list->is_array() || list->size() > kMaxNotes) return fail("{}.interventions: expected a list of texts", place);
    for (const Json& text : *list) {
      if (!text.is_string()) return fail("{}.interventions: expected a list of texts", place);
      info.interventions.push_back(text.get<std::string>());
    }
  }
  const Json* config = reader.at("config");
  if (!error.message.empty()) return tl::unexpected<Error>(error);
  if (!config) return fail("{}.config: missing; it says what the model is", place);
  TRY_ASSIGN(ModelConfig read, modelConfigFromJson(*config, fmt::format("{}.config", place)));
  if (info.replay) {
    const int E = read.router.experts, k = info.replay->k, runK = info.replay->runK;
    if (k < 1 || k > E) return fail("{}.replay.k: expected 1 to the {} experts there are, found {}", place, E, k);
    if (runK > E) {
      return fail("{}.replay.run_k: expected at most the {} experts there are, found {}", place, E, runK);
    }
  }
  info.config = std::make_shared<const ModelConfig>(std::move(read));
  info.modelName = std::move(model.name);
  info.modelPath = std::move(model.path);
  info.modelHash = std::move(model.hash);
  return info;
}

std::string jsonText(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

}  // namespace core
