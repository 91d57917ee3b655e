#include "core/routing/capacity.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/routing/dispatch.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/weights.h"
#include "tests/support/golden.h"
#include "tests/support/support.h"

namespace {

using Json = nlohmann::json;

TEST(Capacity, TheSameSizesGiveEveryProjectItsOwnCapacity) {
  std::string text;
  for (core::CapacityRule rule : core::kCapacityRules) {
    if (rule == core::CapacityRule::Switch) continue;
    text += fmt::format("{} {} ", core::capacityRuleName(rule),
                        core::capacity(rule, {.T = 100, .E = 7, .K = 3, .factor = 1.3}).value());
  }
  EXPECT_EQ(text,
            "gshard 56 mesh_tf 18 megatron 56 deepspeed 56 tutel 57 vmoe 56 flaxformer 19 openmoe_torch 56 "
            "expert_choice 19 ");
}

TEST(Capacity, NamesLeadBackToTheirRules) {
  for (core::CapacityRule rule : core::kCapacityRules)
    EXPECT_EQ(core::capacityRuleFromName(core::capacityRuleName(rule)), rule);
  EXPECT_FALSE(core::capacityRuleFromName("dropless").has_value());
}

TEST(Capacity, WhatCannotBeComputedIsRefusedWithTheReason) {
  const auto message = [](core::CapacityRule rule, core::CapacityInput input) {
    return core::capacity(rule, input).error().message;
  };
  EXPECT_EQ(message(core::CapacityRule::Switch, {.T = 8, .E = 2, .K = 2}),
            "capacity rule switch: expected k 1, found 2; choose gshard for more choices a token");
  EXPECT_EQ(message(core::CapacityRule::Gshard, {.T = 8, .E = 2, .factor = -1}),
            "capacity factor: expected a finite number from 0, found -1");
  EXPECT_NE(message(core::CapacityRule::Gshard, {.T = 8, .E = 0}).find("E from 1"), std::string::npos);
  EXPECT_NE(message(core::CapacityRule::Gshard, {.T = 1 << 30, .E = 1, .K = 4, .factor = 1e300}).find("below 2^53"),
            std::string::npos);
}

TEST(Capacity, OpenMoeCapacitiesAndGroupsAgree) {
  const Json file =
      core::parseJson(test::readFile(test::fixture("routing/openmoe-capacity.json")), "openmoe-capacity").value();
  ASSERT_FALSE(file["capacity_port"].empty() || file["capacity_jax"].empty() || file["groups_jax"].empty());
  for (const Json& c : file["capacity_port"]) {
    const auto slots =
        core::capacity(core::CapacityRule::OpenmoeTorch,
                       {.T = c["T"], .E = c["E"], .K = c["k"], .factor = c["factor"], .minimum = c["min_capacity"]});
    EXPECT_EQ(slots.value(), c["C"].get<int64_t>()) << c;
  }
  for (const Json& c : file["capacity_jax"]) {
    const auto slots =
        core::capacity(core::CapacityRule::Flaxformer,
                       {.T = c["tokens_per_group"], .E = c["E"], .factor = c["factor"], .minimum = c["min_capacity"]});
    EXPECT_EQ(slots.value(), c["C"].get<int64_t>()) << c;
  }
  for (const Json& c : file["groups_jax"]) {
    const int64_t tokens = c["tokens"];
    const int64_t groups = core::flaxformerGroups(tokens, c["max_group_size"], c["experts"]).value();
    EXPECT_EQ(groups, c["groups"].get<int64_t>()) << c;
    EXPECT_EQ(tokens / groups, c["tokens_per_group"].get<int64_t>()) << c;
  }
  EXPECT_FALSE(core::flaxformerGroups(10, 4, 3).has_value());
}

// Places every choice of one case; the numbers of the file have six digits.
Json place(const Json& c) {
  const int T = c["T"], E = c["E"], K = c["k"];
  std::vector<double> logits, probs(static_cast<size_t>(T * E)), chosen(static_cast<size_t>(T * K)),
      weights(chosen.size());
  for (const Json& row : c["logits"]) {
    for (const Json& value : row) logits.push_back(value);
  }
  std::vector<int32_t> ids(chosen.size());
  core::topK<double>(logits, E, K, ids);
  core::softmaxRows<double>(logits, E, probs);
  core::gatherChosen<double>(probs, E, ids, K, chosen);
  core::DispatchOptions<double> options{.capacity = c["C"].get<int64_t>()};
  if (c["order"] == "batch_prioritized") options.order = core::ServingOrder::BatchPriority;
  const core::Dispatch out = core::dispatch<double>(ids, chosen, E, K, options);
  Json slots = Json::array(), kept = Json::array(), allIds = Json::array(), allWeights = Json::array();
  for (int t = 0; t < T; ++t) {
    const auto row = [&](const auto& values) {
      return Json(std::vector(values.begin() + t * K, values.begin() + (t + 1) * K));
    };
    slots.push_back(row(out.slot));
    kept.push_back(row(out.kept));
    allIds.push_back(row(ids));
    allWeights.push_back(row(chosen));
  }
  return {{"ids", allIds},
          {"weights", allWeights},
          {"slot", slots},
          {"kept", kept},
          {"dropped_choices", std::count(out.kept.begin(), out.kept.end(), 0)},
          {"tokens_with_none_left", std::llround(out.droppedAll(K) * T)},
          {"fraction_left_behind", out.droppedAll(K)}};
}

TEST(Capacity, OpenMoePlacementsAgree) {
  const Json file =
      core::parseJson(test::readFile(test::fixture("routing/openmoe-capacity.json")), "openmoe-capacity").value();
  ASSERT_FALSE(file["placement"].empty());
  for (Json c : file["placement"]) {
    const Json got = place(c);
    const std::string name = c["name"].get<std::string>() + " " + c["order"].get<std::string>();
    for (const char* input : {"name", "rule", "order", "T", "E", "k", "C", "logits", "note"}) c.erase(input);
    EXPECT_EQ(test::compareGolden(got, c, 1e-6), "") << name;
  }
}

}  // namespace
