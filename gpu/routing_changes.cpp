#include "gpu/routing_changes.h"

#include <bit>
#include <map>

#include "core/base/check.h"
#include "gpu/shaders/shared.h"

namespace gpu {
namespace {

using core::PolicyKind;
using core::WeightForm;

uint32_t bits(double value) { return std::bit_cast<uint32_t>(static_cast<float>(value)); }

uint32_t kindOf(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::GroupedTopK:
      return kChooseGrouped;
    case PolicyKind::SparseMixer:
      return kChooseMixer;
    case PolicyKind::NormedLogits:
      return kChooseNormed;
    default:
      return kChooseBest;
  }
}

uint32_t formOf(WeightForm form) {
  switch (form) {
    case WeightForm::Raw:
      return kWeightScore;
    case WeightForm::Renorm:
    case WeightForm::SoftmaxTopK:
      return kWeightSoftmax;
    case WeightForm::Sigmoid:
      return kWeightSigmoid;
    case WeightForm::SigmoidRenorm:
      return kWeightSigmoidRenorm;
    case WeightForm::DoubleSoftmax:
      return kWeightDoubleSoftmax;
  }
  return kWeightScore;
}

// As core::routeBy weighs what each policy chose.
WeightForm weightsOf(const core::Policy& policy) {
  if (policy.kind == PolicyKind::SigmoidTopK) return WeightForm::Sigmoid;
  if (policy.kind != PolicyKind::GroupedTopK) return policy.weights;
  if (policy.sigmoid) return policy.renorm ? WeightForm::SigmoidRenorm : WeightForm::Sigmoid;
  return policy.renorm ? WeightForm::Renorm : WeightForm::Raw;
}

std::vector<uint32_t> recipeOf(const core::RoutingChange& change) {
  const core::Policy& policy = change.policy;
  std::vector<uint32_t> words(kRecipeWords);
  words[kRecipeKind] = kindOf(policy.kind);
  words[kRecipeChosen] = static_cast<uint32_t>(policy.K);
  words[kRecipeForm] = formOf(weightsOf(policy));
  words[kRecipeScale] = bits(policy.scale);
  words[kRecipeTemperature] = bits(policy.temperature);
  words[kRecipeLambda] = bits(policy.lambda);
  words[kRecipeLimit] = std::bit_cast<uint32_t>(2 * static_cast<float>(policy.jitter));
  words[kRecipeSigmoid] = policy.kind == PolicyKind::GroupedTopK && policy.sigmoid ? 1 : 0;
  words[kRecipeGroups] = static_cast<uint32_t>(policy.groups.groups);
  words[kRecipeGroupsChosen] = static_cast<uint32_t>(policy.groups.groupsChosen);
  words[kRecipePairScore] = policy.groups.score == core::GroupScore::SumOfTopTwo ? 1 : 0;
  words[kRecipeBanned] = static_cast<uint32_t>(change.banned.size());
  words[kRecipeForced] = static_cast<uint32_t>(change.forced.size());
  words[kRecipeSwapped] = static_cast<uint32_t>(change.swapped.size());
  words[kRecipeScaled] = static_cast<uint32_t>(change.scaled.size());
  for (const int32_t expert : change.banned) words.push_back(static_cast<uint32_t>(expert));
  for (const int32_t expert : change.forced) words.push_back(static_cast<uint32_t>(expert));
  for (const auto& [expert, other] : change.swapped) {
    words.push_back(static_cast<uint32_t>(expert));
    words.push_back(static_cast<uint32_t>(other));
  }
  for (const auto& [expert, factor] : change.scaled) {
    words.push_back(static_cast<uint32_t>(expert));
    words.push_back(std::bit_cast<uint32_t>(factor));
  }
  return words;
}

}  // namespace

core::Result<std::vector<uint32_t>> encodeChanges(const core::Interventions& changes, const core::ModelConfig& config,
                                                  int firstToken, std::span<const int32_t> ids) {
  if (const core::Intervention* only = changes.firstForCpuAlone()) {
    return core::fail("{} is run by the CPU engine alone; choose --device cpu",
                      core::policyInfo(only->policy.kind).name);
  }
  const size_t layers = config.layer.size(), T = ids.size();
  std::vector<uint32_t> words(2 * layers * T, bits(1));
  std::map<std::vector<uint32_t>, uint32_t> written;
  for (size_t l = 0; l < layers; ++l) {
    const std::vector<float> factors = changes.sharedFactors(static_cast<int>(l), firstToken, ids);
    for (size_t t = 0; t < factors.size(); ++t) words[l * T + t] = std::bit_cast<uint32_t>(factors[t]);
    for (size_t t = 0; t < T; ++t) {
      TRY_ASSIGN(const core::RoutingChange change,
                 changes.changeAt(config.router, static_cast<int>(l), firstToken + static_cast<int>(t), ids[t]));
      std::vector<uint32_t> recipe = recipeOf(change);
      const auto [place, isNew] = written.emplace(std::move(recipe), static_cast<uint32_t>(words.size()));
      if (isNew) words.insert(words.end(), place->first.begin(), place->first.end());
      words[(layers + l) * T + t] = place->second;
    }
  }
  CHECK(words.size() < UINT32_MAX, "{} words", words.size());
  return words;
}

}  // namespace gpu
