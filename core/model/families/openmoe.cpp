// OpenMoE (its PyTorch port): every moe_layer_interval-th layer routes, with raw softmax weights and a capacity that
// drops choices; the shared expert is a residual step of its own behind the routed one. Attention is not scaled, the
// heads together need not be as wide as the model, and the rotation's base is 10000 whatever the file says.
#include "core/model/families/shared.h"

namespace core {
namespace {

void readRouter(ConfigReader& config, ModelConfig& model) {
  readExperts(config, "num_experts", "num_experts", "router_topk", 2, false, model);
  RouterConfig& router = model.router;
  if (router.chosen > 2) config.expected("router_topk", "1 or 2, the only routers this family has");
  router.weights = WeightForm::Raw;
  router.dropsChoices = true;
  router.capacityRule = CapacityRule::OpenmoeTorch;
  router.capacityFactor = config.positiveOr("router_capacity_factor_eval", 2.0);
  router.minCapacity = config.integerOr("router_min_capacity", 0, 1 << 30, 4);
  if (!config.booleanOr("router_drop_tks", true)) {
    model.disagreements.push_back(
        "router_drop_tks is false; the PyTorch port drops all the same on one device, and so does this");
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  readSizes(config, FamilyDefaults{.context = 2048}, model);
  readAttention(config, FamilyDefaults{}, model);
  AttentionConfig& attention = model.attention;
  attention.scale = 1.0;
  const bool rotationSaid = attention.rope.theta != 1e4 || attention.rope.scaling != RopeScaling::None;
  attention.rope = RopeConfig{};
  attention.rope.dimensions = attention.headDim;
  model.context = config.integerOr("max_position_embeddings", 1, 1 << 30, 2048);
  if (rotationSaid) {
    model.disagreements.push_back("the file's rotation settings are ignored: this family's base is fixed at 10000");
  }
  if (config.booleanOr("attention_bias", false)) config.expected("attention_bias", "false; this family has no biases");
  if (!config.booleanOr("mlp_gated", true)) config.expected("mlp_gated", "true; blocks without a gate are not run");
  if (config.textOr("hidden_act", "swiglu") != "swiglu") config.expected("hidden_act", "\"swiglu\"");
  model.activation = Activation::TripleSwiGlu;
  const int hidden = readHidden(config, "intermediate_size");
  readRouter(config, model);
  model.expertHidden = hidden;
  model.sharedHidden = hidden;
  model.shared = SharedExpert::OwnStep;
  const int interval = config.integer("moe_layer_interval", 1, kMaxLayers);
  for (int l = 0; l < model.layers; ++l) {
    LayerConfig& layer = model.layer[static_cast<size_t>(l)];
    layer.moe = (l + 1) % interval == 0;
    layer.denseHidden = layer.moe ? 0 : hidden;
  }
  return result;
}

}  // namespace

Family openMoeFamily() {
  const std::vector<TensorRule> own = {
      {Role::Router, "model.layers.{l}.mlp.gate_weight"},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.wi_gate", Layout::InOut},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.wi_up", Layout::InOut},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.wo", Layout::InOut},
      {Role::SharedNorm, "model.layers.{l}.pre_extra_mlp_layernorm.weight"},
      {Role::SharedGate, "model.layers.{l}.extra_mlp.gate_proj.weight"},
      {Role::SharedUp, "model.layers.{l}.extra_mlp.up_proj.weight"},
      {Role::SharedDown, "model.layers.{l}.extra_mlp.down_proj.weight"},
  };
  return {"openmoe", {"openmoe"}, {"OpenMoeForCausalLM"}, read, joined({commonTensors(), denseTensors(), own})};
}

}  // namespace core
