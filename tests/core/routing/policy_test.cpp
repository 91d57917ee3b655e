// Policies by name give what the golden files of their names say; what the files do not have: raggedness, noise,
// options that do not fit.
#include "core/routing/policy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/base/json.h"
#include "tests/support/golden.h"
#include "tests/support/support.h"

namespace {

using core::Policy;
using core::PolicyInput;
using core::PolicyKind;
using core::PolicyRouting;
using Json = nlohmann::json;

struct Rows {
  std::vector<float> values;
  int columns = 0;
};

Rows rowsOf(const Json& matrix) {
  Rows rows;
  for (const Json& row : matrix) {
    rows.columns = static_cast<int>(row.size());
    for (const Json& value : row) rows.values.push_back(value.get<float>());
  }
  return rows;
}

Policy policyOfCase(PolicyKind kind, const Json& options, int E) {
  Policy policy;
  policy.kind = kind;
  policy.K = options.value("k", std::min(2, E));
  policy.scale = options.value("scale", 1.0);
  if (kind == PolicyKind::NormedLogits) {
    policy.lambda = policy.scale;
    policy.scale = 1;
    policy.weights = core::WeightForm::Renorm;
    policy.ddof = options["ddof"];
  }
  if (kind == PolicyKind::TokenChoice)
    policy.weights = *core::weightFormFromName(options["weights"].get<std::string>());
  if (kind == PolicyKind::GroupedTopK) {
    policy.sigmoid = options["score"] == "sigmoid";
    policy.renorm = options["renorm"] == 1;
    policy.groups = {options["groups"], options["topk_groups"],
                     options["group_score"] == "max" ? core::GroupScore::Max : core::GroupScore::SumOfTopTwo};
  }
  if (kind == PolicyKind::SparseMixer) policy.jitter = options["jitter"];
  if (kind == PolicyKind::TopP) policy.threshold = options["threshold"];
  return policy;
}

// Rows of ids and weights without what is behind a token's last expert.
Json idsOf(const PolicyRouting& routing) {
  Json rows = Json::array();
  for (size_t at = 0; at < routing.ids.size(); at += static_cast<size_t>(routing.columns)) {
    Json row = Json::array();
    for (size_t j = at; j < at + static_cast<size_t>(routing.columns); ++j) {
      if (routing.ids[j] >= 0) row.push_back(routing.ids[j]);
    }
    rows.push_back(row);
  }
  return rows;
}
Json weightsOf(const PolicyRouting& routing) {
  Json rows = Json::array();
  for (size_t at = 0; at < routing.ids.size(); at += static_cast<size_t>(routing.columns)) {
    Json row = Json::array();
    for (size_t j = at; j < at + static_cast<size_t>(routing.columns); ++j) {
      if (routing.ids[j] >= 0) row.push_back(routing.weights[j]);
    }
    rows.push_back(row);
  }
  return rows;
}

class PolicyGolden : public testing::TestWithParam<std::string> {};

TEST_P(PolicyGolden, IdsAndWeightsAreThoseOfTheFile) {
  const auto path = test::fixture("routing") / (GetParam() + ".json");
  const Json file = core::parseJson(test::readFile(path), path.filename().string()).value();
  const PolicyKind kind = *core::policyNamed(GetParam());
  int checked = 0;
  for (const Json& one : file["cases"]) {
    if (one["inputs"]["logits"].empty()) continue;
    const Rows logits = rowsOf(one["inputs"]["logits"]);
    PolicyInput input{logits.values, logits.columns, 0, 0, {}, {}, {}, {}};
    const std::vector<float> bias =
        one["inputs"].contains("bias") ? one["inputs"]["bias"].get<std::vector<float>>() : std::vector<float>{};
    input.bias = bias;
    const auto routing = core::routeBy(policyOfCase(kind, one["options"], logits.columns), input);
    ASSERT_TRUE(routing.has_value()) << one["name"] << ": " << routing.error().message;
    const Json expected = {{"ids", one["expected"]["ids"]}, {"weights", one["expected"]["weights"]}};
    const Json got = {{"ids", idsOf(*routing)}, {"weights", weightsOf(*routing)}};
    EXPECT_EQ(test::compareGolden(got, expected, 2e-5), "") << one["name"];
    ++checked;
  }
  EXPECT_GE(checked, 2);
}
INSTANTIATE_TEST_SUITE_P(Files, PolicyGolden,
                         testing::Values("token-choice", "grouped-topk", "llama4-router", "sparsemixer", "skywork-norm",
                                         "top-p", "sinkhorn"),
                         [](const auto& suite) {
                           std::string name = suite.param;
                           std::erase(name, '-');
                           return name;
                         });

// Fifteen tokens, four experts.
std::vector<float> someLogits(int T = 15, int E = 4) {
  std::vector<float> logits;
  for (int i = 0; i < T * E; ++i) logits.push_back(static_cast<float>((i * i * 7 + i * 13) % 31 - 15) / 8);
  return logits;
}

Policy policyWith(PolicyKind kind, int K) {
  Policy policy;
  policy.kind = kind;
  policy.K = K;
  return policy;
}

TEST(Policies, EveryGoldenRouterFileHasAName) {
  std::set<std::string_view> names;
  for (const core::PolicyInfo& info : core::policies()) {
    EXPECT_EQ(&core::policyInfo(info.kind), &info);
    EXPECT_TRUE(std::filesystem::exists(test::fixture("routing") / (std::string(info.name) + ".json"))) << info.name;
    names.insert(info.name);
  }
  EXPECT_EQ(names.size(), core::policies().size());
  EXPECT_FALSE(core::policyNamed("no-such-policy"));
}

TEST(Policies, ThoseThatNeedMoreThanLogitsSayWhat) {
  const auto logits = someLogits();
  const auto routing = core::routeBy(policyWith(PolicyKind::SoftMoe, 2), {logits, 4, 0, 0, {}, {}, {}, {}});
  ASSERT_FALSE(routing.has_value());
  EXPECT_EQ(routing.error().message,
            "soft-moe cannot be computed from logits: it mixes the tokens themselves by slot vectors trained with it, "
            "which a run of another router does not hold at any level of recording");
}

TEST(Policies, ExpertChoiceGivesEveryExpertTheSameNumberOfTokens) {
  const auto logits = someLogits();
  Policy policy = policyWith(PolicyKind::ExpertChoice, 2);
  const PolicyInput input{logits, 4, 0, 0, {}, {}, {}, {}};
  const auto load = [&](const PolicyRouting& routing) {
    std::map<int, int> tokens;
    for (const int32_t id : routing.ids) ++tokens[id];
    tokens.erase(-1);
    return tokens;
  };
  // T k / E = 7.5, half to even: 8
  EXPECT_EQ(load(*core::routeBy(policy, input)), (std::map<int, int>{{0, 8}, {1, 8}, {2, 8}, {3, 8}}));
  policy.factor = 1.0;  // a mean of one expert a token: 15 / 4, half to even
  EXPECT_EQ(load(*core::routeBy(policy, input)), (std::map<int, int>{{0, 4}, {1, 4}, {2, 4}, {3, 4}}));
}

TEST(Policies, RaggedRowsAreBestFirstAndEndInMinusOne) {
  const auto logits = someLogits();
  for (const PolicyKind kind :
       {PolicyKind::ExpertChoice, PolicyKind::GlobalChoice, PolicyKind::TopP, PolicyKind::Relu}) {
    const PolicyRouting routing = *core::routeBy(policyWith(kind, 2), {logits, 4, 0, 0, {}, {}, {}, {}});
    const auto columns = static_cast<size_t>(routing.columns);
    ASSERT_EQ(routing.ids.size(), 15 * columns);
    size_t missing = 0;
    for (size_t at = 0; at < routing.ids.size(); at += columns) {
      for (size_t j = at; j < at + columns; ++j) {
        missing += routing.ids[j] < 0;
        EXPECT_EQ(routing.ids[j] < 0 ? routing.weights[j] : 0, 0);
        if (j == at) continue;
        EXPECT_TRUE(routing.ids[j] < 0 || routing.ids[j - 1] >= 0) << "nothing stands behind a missing choice";
        EXPECT_LE(routing.weights[j], routing.weights[j - 1]);
      }
    }
    EXPECT_GT(missing, 0u) << core::policyInfo(kind).name;
  }
}

TEST(Policies, BalancedAssignmentHoldsItsLimitWhereTheExpertsDoNotDivideTheTokens) {
  const auto logits = someLogits();
  const PolicyRouting routing =
      *core::routeBy(policyWith(PolicyKind::BalancedAssignment, 1), {logits, 4, 0, 0, {}, {}, {}, {}});
  std::map<int, int> load;
  for (const int32_t id : routing.ids) ++load[id];
  EXPECT_EQ(routing.ids.size(), 15u);
  for (const auto& [expert, tokens] : load) EXPECT_LE(tokens, 4) << expert;
}

TEST(Policies, NoiseBelongsToTheTokenNotToThePieceItComesIn) {
  const auto logits = someLogits();
  for (const PolicyKind kind : {PolicyKind::Gumbel, PolicyKind::NoisyTopK}) {
    Policy policy = policyWith(kind, 2);
    policy.noise = 1;
    policy.seed = 5;
    const PolicyRouting whole = *core::routeBy(policy, {logits, 4, 3, 0, {}, {}, {}, {}});
    const PolicyRouting rest = *core::routeBy(policy, {std::span(logits).subspan(4 * 6), 4, 3, 6, {}, {}, {}, {}});
    EXPECT_EQ(std::vector<int32_t>(whole.ids.begin() + 12, whole.ids.end()), rest.ids);
    policy.seed = 6;
    EXPECT_NE(core::routeBy(policy, {logits, 4, 3, 0, {}, {}, {}, {}})->ids, whole.ids);
    policy.seed = 5;
    EXPECT_NE(core::routeBy(policy, {logits, 4, 2, 0, {}, {}, {}, {}})->ids, whole.ids)
        << "another layer draws otherwise";
  }
}

TEST(Policies, ATemperatureSharpensWeightsAndLeavesTheChoice) {
  const auto logits = someLogits();
  Policy policy = policyWith(PolicyKind::TokenChoice, 2);
  const PolicyRouting warm = *core::routeBy(policy, {logits, 4, 0, 0, {}, {}, {}, {}});
  policy.temperature = 0.25;
  const PolicyRouting cool = *core::routeBy(policy, {logits, 4, 0, 0, {}, {}, {}, {}});
  EXPECT_EQ(cool.ids, warm.ids);
  EXPECT_GT(cool.weights[0], warm.weights[0]);
  EXPECT_TRUE(warm.scores.empty());
  EXPECT_EQ(cool.scores.size(), logits.size());
}

TEST(Policies, OptionsThatDoNotFitAreRefused) {
  const auto message = [](Policy policy, int E) {
    const core::Status status = core::checkPolicy(policy, E);
    return status ? std::string() : status.error().message;
  };
  EXPECT_EQ(message(policyWith(PolicyKind::TokenChoice, 5), 4), "token-choice: expected k from 1 to 4, found 5");
  EXPECT_EQ(message(policyWith(PolicyKind::SparseMixer, 1), 4),
            "sparsemixer: expected k 2 and at least 2 experts, found 1 of 4");
  EXPECT_EQ(message(policyWith(PolicyKind::BalancedAssignment, 2), 4), "balanced-assignment: expected k 1, found 2");
  Policy grouped = policyWith(PolicyKind::GroupedTopK, 3);
  grouped.groups = {2, 1, core::GroupScore::Max};
  EXPECT_EQ(message(grouped, 4), "grouped-topk: 1 of 2 groups hold 2 experts, expected at least k 3");
  Policy cold = policyWith(PolicyKind::Gumbel, 1);
  cold.temperature = 0;
  EXPECT_EQ(message(cold, 4), "gumbel: expected a temperature above 0, found 0");
  EXPECT_EQ(message(policyWith(PolicyKind::TokenChoice, 1), 0), "token-choice: this model has no router");
}

}  // namespace
