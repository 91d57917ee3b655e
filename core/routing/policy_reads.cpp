#include "core/routing/policy_reads.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace core {
namespace {

using P = PolicyKind;
using S = PolicySetting;

constexpr std::array<std::string_view, static_cast<size_t>(S::Count)> kNames = {
    "k",      "temperature", "weights", "scale", "groups",    "groups_chosen", "group_score", "jitter",
    "lambda", "rounding",    "factor",  "noise", "threshold", "hash",          "seed"};

bool isAnyOf(P kind, std::initializer_list<P> kinds) {
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

// The policy of a kind that reads the setting if any of that kind does.
Policy keenOn(P kind, S setting) {
  Policy policy;
  policy.kind = kind;
  if (setting == S::Seed) policy.hash = HashRule::SplitMix;
  return policy;
}

}  // namespace

std::string_view policySettingName(PolicySetting setting) { return kNames[static_cast<size_t>(setting)]; }

bool readsSetting(const Policy& policy, PolicySetting setting) {
  const P kind = policy.kind;
  if (!policyInfo(kind).locked.empty()) return false;
  switch (setting) {
    case S::K:
      return !isAnyOf(kind, {P::TopP, P::Relu}) && !(kind == P::ExpertChoice && policy.factor);
    case S::Temperature:
      return kind != P::Hash;
    case S::Weights:
      return !weightForms(kind).empty();
    case S::Scale:
      return isAnyOf(kind, {P::TokenChoice, P::GroupedTopK, P::SigmoidTopK, P::NormedLogits});
    case S::Groups:
    case S::GroupsChosen:
    case S::GroupScore:
      return kind == P::GroupedTopK;
    case S::Jitter:
      return kind == P::SparseMixer;
    case S::Lambda:
      return kind == P::NormedLogits;
    case S::Rounding:
      return kind == P::ExpertChoice && !policy.factor;
    case S::Factor:
      return kind == P::ExpertChoice;
    case S::Noise:
      return kind == P::NoisyTopK;
    case S::Threshold:
      return kind == P::TopP;
    case S::Hash:
      return kind == P::Hash;
    case S::Seed:
      return isAnyOf(kind, {P::Gumbel, P::NoisyTopK, P::Reinforce}) ||
             (kind == P::Hash && policy.hash == HashRule::SplitMix);
    case S::Count:
      break;
  }
  return false;
}

std::string readersOf(PolicySetting setting) {
  std::string readers, others;
  size_t reading = 0, passing = 0;
  for (const PolicyInfo& info : policies()) {
    if (!info.locked.empty()) continue;
    const bool reads = readsSetting(keenOn(info.kind, setting), setting);
    std::string& list = reads ? readers : others;
    list += fmt::format("{}{}{}", list.empty() ? "" : ", ", info.name,
                        reads && setting == S::Seed && info.kind == P::Hash ? " with splitmix" : "");
    ++(reads ? reading : passing);
  }
  return reading > passing ? "every policy but " + others : readers;
}

std::optional<int> onlyK(PolicyKind kind) {
  if (kind == P::SparseMixer) return 2;
  if (kind == P::BalancedAssignment) return 1;
  return std::nullopt;
}

int meanChoices(const Policy& policy, int E) {
  if (!policy.factor || !std::isfinite(*policy.factor)) return policy.K;
  return static_cast<int>(std::lround(std::clamp(*policy.factor, 1.0, static_cast<double>(std::max(1, E)))));
}

std::string weightFormProblem(PolicyKind kind, std::string_view form) {
  const auto forms = weightForms(kind);
  if (std::any_of(forms.begin(), forms.end(), [&](WeightForm one) { return weightFormName(one) == form; })) return {};
  std::string known;
  for (const WeightForm one : forms) known += fmt::format("{}{}", known.empty() ? "" : ", ", weightFormName(one));
  return fmt::format("{} {}, found {}", policyInfo(kind).name,
                     known.empty() ? "has weights of its own" : "takes " + known, form);
}

}  // namespace core
