// The table of what a policy reads is true of the functions that route: a setting that is read moves something, one
// that is not read moves nothing.
#include "core/routing/policy_reads.h"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using core::Policy;
using core::PolicyKind;
using core::PolicyRouting;
using core::PolicySetting;

constexpr int kExperts = 8, kTokens = 24;

std::vector<float> someLogits() {
  std::vector<float> logits;
  for (int t = 0; t < kTokens; ++t) {
    for (int e = 0; e < kExperts; ++e) logits.push_back(std::sin(static_cast<float>(1 + t * 7 + e * e * 3)) * 0.7F);
  }
  return logits;
}

Policy usual(PolicyKind kind) {
  Policy policy;
  policy.kind = kind;
  policy.K = core::onlyK(kind).value_or(2);
  policy.groups = {4, 2, core::GroupScore::Max};
  return policy;
}

void set(Policy& policy, PolicySetting setting) {
  switch (setting) {
    case PolicySetting::K:
      policy.K = 3;
      break;
    case PolicySetting::Temperature:
      policy.temperature = 0.25;
      break;
    case PolicySetting::Weights:
      for (const core::WeightForm form : core::weightForms(policy.kind)) {
        if (form != core::weightFormOf(policy)) core::setWeightForm(policy, form);
      }
      break;
    case PolicySetting::Scale:
      policy.scale = 3;
      break;
    case PolicySetting::Groups:
      policy.groups.groups = 2;
      break;
    case PolicySetting::GroupsChosen:
      policy.groups.groupsChosen = 1;
      break;
    case PolicySetting::GroupScore:
      policy.groups.score = core::GroupScore::SumOfTopTwo;
      break;
    case PolicySetting::Jitter:
      policy.jitter = 0.9;
      break;
    case PolicySetting::Lambda:
      policy.lambda = 3;
      break;
    case PolicySetting::Rounding:
      policy.rounding = core::Rounding::Floor;
      break;
    case PolicySetting::Factor:
      policy.factor = 1;
      break;
    case PolicySetting::Noise:
      policy.noise = 4;
      break;
    case PolicySetting::Threshold:
      policy.threshold = 0.8;
      break;
    case PolicySetting::Hash:
      policy.hash = core::HashRule::SplitMix;
      break;
    case PolicySetting::Seed:
      policy.hash = core::HashRule::SplitMix;
      policy.seed = 99;
      break;
    case PolicySetting::Count:
      break;
  }
}

PolicyRouting routed(const Policy& policy, int tokens) {
  const std::vector<float> logits = someLogits();
  std::vector<int32_t> ids;
  for (int t = 0; t < tokens; ++t) ids.push_back(100 + t * 13);
  core::PolicyInput input;
  input.logits = std::span(logits).first(static_cast<size_t>(tokens) * kExperts);
  input.E = kExperts;
  input.tokenIds = ids;
  const auto routing = core::routeBy(policy, input);
  EXPECT_TRUE(routing.has_value()) << routing.error().message;
  return routing.value_or(PolicyRouting{});
}

bool moves(PolicyKind kind, PolicySetting setting) {
  // A number of tokens that the experts do not divide: rounding matters.
  const int tokens = setting == PolicySetting::Rounding ? kTokens - 1 : kTokens;
  Policy before = usual(kind);
  if (setting == PolicySetting::Rounding && !core::onlyK(kind)) before.K = 1;
  if (setting == PolicySetting::Seed) before.hash = core::HashRule::SplitMix;
  Policy after = before;
  set(after, setting);
  const PolicyRouting a = routed(before, tokens), b = routed(after, tokens);
  // A hash scores nothing: what is recorded as scores beside its choice is a softmax that it does not see.
  const bool scored = kind != PolicyKind::Hash && a.scores != b.scores;
  return a.ids != b.ids || a.weights != b.weights || scored || a.selection != b.selection;
}

TEST(PolicyReads, WhatTheTableNamesIsWhatMovesTheRouting) {
  for (const core::PolicyInfo& info : core::policies()) {
    if (!info.locked.empty()) continue;
    for (int s = 0; s < static_cast<int>(PolicySetting::Count); ++s) {
      const auto setting = static_cast<PolicySetting>(s);
      if (setting == PolicySetting::K && core::onlyK(info.kind)) continue;  // another is refused
      // Normalised logits are the same at any temperature: it is read, and divided out again.
      if (setting == PolicySetting::Temperature && info.kind == PolicyKind::NormedLogits) continue;
      Policy asked = usual(info.kind);
      if (setting == PolicySetting::Seed) asked.hash = core::HashRule::SplitMix;
      EXPECT_EQ(moves(info.kind, setting), core::readsSetting(asked, setting))
          << info.name << ", " << core::policySettingName(setting);
    }
  }
}

TEST(PolicyReads, AFactorTakesThePlaceOfKAndOfTheRounding) {
  Policy policy = usual(PolicyKind::ExpertChoice);
  EXPECT_TRUE(core::readsSetting(policy, PolicySetting::K));
  EXPECT_TRUE(core::readsSetting(policy, PolicySetting::Rounding));
  policy.factor = 1;
  EXPECT_FALSE(core::readsSetting(policy, PolicySetting::K));
  EXPECT_FALSE(core::readsSetting(policy, PolicySetting::Rounding));
  const PolicyRouting narrow = routed(policy, kTokens);
  policy.K = 5;
  policy.rounding = core::Rounding::Ceil;
  EXPECT_EQ(routed(policy, kTokens).ids, narrow.ids);
  EXPECT_EQ(core::meanChoices(policy, kExperts), 1);
  policy.factor = 2.6;
  EXPECT_EQ(core::meanChoices(policy, kExperts), 3);
  policy.factor = 1e9;
  EXPECT_EQ(core::meanChoices(policy, kExperts), kExperts);
  policy.factor.reset();
  EXPECT_EQ(core::meanChoices(policy, kExperts), 5);
}

TEST(PolicyReads, OnlyTheHashThatMixesReadsASeed) {
  Policy policy = usual(PolicyKind::Hash);
  EXPECT_FALSE(core::readsSetting(policy, PolicySetting::Seed));
  policy.hash = core::HashRule::SplitMix;
  EXPECT_TRUE(core::readsSetting(policy, PolicySetting::Seed));
}

TEST(PolicyReads, ReadersAreNamed) {
  EXPECT_EQ(core::readersOf(PolicySetting::Jitter), "sparsemixer");
  EXPECT_EQ(core::readersOf(PolicySetting::Temperature), "every policy but hash-router");
  EXPECT_EQ(core::readersOf(PolicySetting::K), "every policy but top-p, relu-router");
  EXPECT_EQ(core::readersOf(PolicySetting::Seed), "gumbel, noisy-topk, hash-router with splitmix, reinforce");
  EXPECT_EQ(core::readersOf(PolicySetting::Weights), "token-choice, grouped-topk, skywork-norm, global-choice");
  EXPECT_EQ(core::policySettingName(PolicySetting::GroupsChosen), "groups_chosen");
}

TEST(PolicyReads, AFormOfWeightsIsNamedBesideThoseThereAre) {
  EXPECT_EQ(core::weightFormProblem(PolicyKind::GroupedTopK, "softmax_topk"),
            "grouped-topk takes raw, renorm, sigmoid, sigmoid_renorm, found softmax_topk");
  EXPECT_EQ(core::weightFormProblem(PolicyKind::Gumbel, "raw"), "gumbel has weights of its own, found raw");
  EXPECT_EQ(core::weightFormProblem(PolicyKind::GlobalChoice, "renorm"), "");
}

TEST(PolicyReads, NumbersThatNoFloatHoldsAreRefused) {
  const auto message = [](const Policy& policy) {
    const core::Status status = core::checkPolicy(policy, kExperts);
    return status ? std::string() : status.error().message;
  };
  Policy policy = usual(PolicyKind::TokenChoice);
  policy.scale = 1e300;
  EXPECT_EQ(message(policy), "token-choice: expected a scale that a float holds, found 1e+300");
  policy = usual(PolicyKind::ExpertChoice);
  policy.factor = -1;
  EXPECT_EQ(message(policy), "expert-choice: expected a factor of at least 0, found -1");
}

}  // namespace
