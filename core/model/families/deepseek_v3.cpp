// DeepSeek-V3 and R1: latent attention; each expert is judged alone, by a sigmoid. The choice is made on sigmoid plus a
// learned bias that balances loads, within the best groups (a group counts as the sum of its two best experts); the
// weights come from the sigmoids without the bias, over their sum, times a constant. Layers behind the last one, for
// predicting several tokens at once, are not part of the model that is run.
#include "core/model/families/deepseek_latent.h"

namespace core {
namespace {

void readChoice(ConfigReader& config, ModelConfig& model) {
  RouterConfig& router = model.router;
  if (config.textOr("scoring_func", "sigmoid") != "sigmoid") config.expected("scoring_func", "\"sigmoid\"");
  if (config.textOr("topk_method", "noaux_tc") != "noaux_tc") config.expected("topk_method", "\"noaux_tc\"");
  router.score = ScoreFunction::Sigmoid;
  router.selectionBias = true;
  router.weights = config.booleanOr("norm_topk_prob", true) ? WeightForm::SigmoidRenorm : WeightForm::Sigmoid;
  router.scale = config.positiveOr("routed_scaling_factor", 2.5);
  readGroups(config, 8, 4, GroupScore::SumOfTopTwo, model);
  if (router.groups > 1) {
    model.disagreements.push_back(
        "experts of groups that were not chosen are masked with -infinity, as in DeepSeek's own code and llama.cpp; "
        "transformers 4.51 to 5.5 and copies of the remote code mask with 0, which lets such an expert in where the "
        "bias makes the chosen groups' scores negative");
  }
}

FamilyConfig read(ConfigReader& config) {
  FamilyConfig result;
  ModelConfig& model = result.model;
  const FamilyDefaults defaults{.normEps = 1e-6, .ropeTheta = 1e4, .context = 4096};
  readSizes(config, defaults, model);
  const bool interleaved = config.booleanOr("rope_interleave", true);
  readLatentAttention(config, defaults, interleaved ? RopeLayout::Interleaved : RopeLayout::Half, result);
  model.activation = readActivation(config);
  readExperts(config, "n_routed_experts", "num_local_experts", "num_experts_per_tok", 8, false, model);
  readLeadingDense(config, 3, model);
  if (!routes(model)) return result;
  model.expertHidden = readHidden(config, "moe_intermediate_size");
  readSharedBlock(config, 1, model);
  readChoice(config, model);
  return result;
}

}  // namespace

Family deepseekV3Family() {
  const std::vector<TensorRule> own = {
      {Role::SelectionBias, "model.layers.{l}.mlp.gate.e_score_correction_bias"},
  };
  return {
      "deepseek_v3",
      {"deepseek_v3"},
      {"DeepseekV3ForCausalLM"},
      read,
      joined({latentTensors(), own, denseTensors(), separateExperts(),
              fusedExperts("model.layers.{l}.mlp.experts.gate_up_proj", "model.layers.{l}.mlp.experts.down_proj")})};
}

}  // namespace core
