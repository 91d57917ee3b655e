// Mixtral: every layer routes; softmax over all experts, the best K, their scores divided by their sum.
#include "core/model/families/shared.h"

namespace core {
namespace {

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-5, .ropeTheta = 1e6, .keyValueHeads = 8, .context = 131072};
  readSizes(config, defaults, model);
  readAttention(config, defaults, model);
  readWindow(config, 0, model);
  model.activation = readActivation(config);
  model.expertHidden = readHidden(config, "intermediate_size");
  readExperts(config, "num_local_experts", "num_experts", "num_experts_per_tok", 2, false, model);
  model.router.weights = WeightForm::Renorm;
  for (LayerConfig& layer : model.layer) layer.moe = true;
  return result;
}

}  // namespace

Family mixtralFamily() {
  const std::vector<TensorRule> published = {
      {Role::Router, "model.layers.{l}.block_sparse_moe.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.block_sparse_moe.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.block_sparse_moe.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.block_sparse_moe.experts.{e}.w3.weight"},
  };
  // transformers 5 calls the block `mlp` and stacks the experts; its names in memory turn up in files too.
  const std::vector<TensorRule> renamed = {
      {Role::Router, "model.layers.{l}.mlp.gate.weight"},
      {Role::ExpertGate, "model.layers.{l}.mlp.experts.{e}.w1.weight"},
      {Role::ExpertDown, "model.layers.{l}.mlp.experts.{e}.w2.weight"},
      {Role::ExpertUp, "model.layers.{l}.mlp.experts.{e}.w3.weight"},
  };
  return {"mixtral",
          {"mixtral"},
          {"MixtralForCausalLM"},
          read,
          joined({commonTensors(), published,
                  fusedExperts("model.layers.{l}.block_sparse_moe.experts.gate_up_proj",
                               "model.layers.{l}.block_sparse_moe.experts.down_proj"),
                  renamed,
                  fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj"),
                  separateExperts()})};
}

}  // namespace core
