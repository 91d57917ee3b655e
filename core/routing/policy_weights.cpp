#include <algorithm>
#include <array>

#include "core/routing/policy.h"

namespace core {
namespace {

constexpr std::array kOfTokenChoice = {WeightForm::Raw,     WeightForm::Renorm,        WeightForm::SoftmaxTopK,
                                       WeightForm::Sigmoid, WeightForm::SigmoidRenorm, WeightForm::DoubleSoftmax};
constexpr std::array kOfGroups = {WeightForm::Raw, WeightForm::Renorm, WeightForm::Sigmoid, WeightForm::SigmoidRenorm};
constexpr std::array kOfGlobalChoice = {WeightForm::Raw, WeightForm::Renorm};

}  // namespace

std::span<const WeightForm> weightForms(PolicyKind kind) {
  switch (kind) {
    case PolicyKind::TokenChoice:
    case PolicyKind::NormedLogits:
      return kOfTokenChoice;
    case PolicyKind::GroupedTopK:
      return kOfGroups;
    case PolicyKind::GlobalChoice:
      return kOfGlobalChoice;
    default:
      return {};
  }
}

WeightForm weightFormOf(const Policy& policy) {
  if (policy.kind == PolicyKind::TokenChoice || policy.kind == PolicyKind::NormedLogits) return policy.weights;
  if (policy.kind == PolicyKind::GroupedTopK && policy.sigmoid) {
    return policy.renorm ? WeightForm::SigmoidRenorm : WeightForm::Sigmoid;
  }
  return policy.renorm ? WeightForm::Renorm : WeightForm::Raw;
}

void setWeightForm(Policy& policy, WeightForm form) {
  const auto forms = weightForms(policy.kind);
  if (std::find(forms.begin(), forms.end(), form) == forms.end()) return;
  if (policy.kind == PolicyKind::TokenChoice || policy.kind == PolicyKind::NormedLogits) {
    policy.weights = form;
    return;
  }
  if (policy.kind == PolicyKind::GroupedTopK)
    policy.sigmoid = form == WeightForm::Sigmoid || form == WeightForm::SigmoidRenorm;
  policy.renorm = form == WeightForm::Renorm || form == WeightForm::SigmoidRenorm;
}

}  // namespace core
