#include "core/trace/push.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/routing/balance_loss.h"
#include "core/routing/score.h"
#include "core/trace/replay.h"
#include "tests/support/made_trace.h"

namespace {

using core::Hook;
using core::PolicyKind;
using core::Push;
using core::Stream;
using core::Trace;

constexpr int kTokens = 12, kExperts = 6, kChosen = 2;
constexpr float kStep = 1.0F / 1024;  // logits lie on this grid, so a step is exact

core::RouterConfig someRouter() { return test::plainRouter(kExperts, kChosen); }

// One layer with logits on the grid and the choices of its own top-k; `token`'s logit of `expert` moved by `moved`.
Trace gridRun(const core::RouterConfig& router, int token = 0, int expert = 0, float moved = 0) {
  test::MadeTrace made;
  made.router = router;
  made.layers = 2;
  made.tokens = made.prompt = kTokens;
  const Trace source = test::makeTrace(made);
  core::Block block{Stream::Layer, 0, 0, kTokens, {}};
  std::vector<float> logits = source.gatherFloats(Hook::RouterLogits, 0, 0, kTokens);
  for (float& logit : logits) logit = std::round(logit / kStep) * kStep;
  logits[static_cast<size_t>(token * kExperts + expert)] += moved;
  block.arrays.push_back({Hook::RouterLogits, kExperts, std::move(logits), {}});
  block.arrays.push_back({Hook::RouterIds, kChosen, {}, source.gatherInts(Hook::RouterIds, 0, 0, kTokens)});
  return Trace(source.sharedInfo()).withIds(source.ids(), source.texts()).with(std::move(block));
}

std::vector<core::LayerPush> pushes(const Trace& trace) {
  auto all = core::pushesOf(trace, 0);
  EXPECT_TRUE(all.has_value());
  return all.value_or(std::vector<core::LayerPush>{});
}

void expectPushesAreDifferences(const core::RouterConfig& router) {
  const std::vector<core::LayerPush> here = pushes(gridRun(router));
  ASSERT_EQ(here.size(), static_cast<size_t>(core::kPushes));
  for (const int token : {0, 5, kTokens - 1}) {
    for (int e = 0; e < kExperts; ++e) {
      const auto up = pushes(gridRun(router, token, e, kStep)), down = pushes(gridRun(router, token, e, -kStep));
      for (size_t i = 0; i < here.size(); ++i) {
        const double slope = (up[i].loss - down[i].loss) / (2 * static_cast<double>(kStep));
        const double push = here[i].value[static_cast<size_t>(token * kExperts + e)];
        EXPECT_NEAR(push, -slope, 2e-5 + 1e-3 * std::abs(slope))
            << core::pushInfo(here[i].push).name << " token " << token << " expert " << e;
      }
    }
  }
}

TEST(Push, IsMinusTheSlopeOfEachLossForASoftmaxRouter) { expectPushesAreDifferences(someRouter()); }

TEST(Push, IsMinusTheSlopeOfEachLossForASigmoidRouter) {
  core::RouterConfig router = someRouter();
  router.score = core::ScoreFunction::Sigmoid;
  router.weights = core::WeightForm::SigmoidRenorm;
  expectPushesAreDifferences(router);
}

TEST(Push, IsMinusTheSlopeOfEachLossForNormalisedLogits) {
  core::RouterConfig router = someRouter();
  router.logitNorm = 1.5F;
  expectPushesAreDifferences(router);
}

TEST(Push, OfTheExampleOfTheHeader) {
  auto info = std::make_shared<core::RunInfo>(gridRun(someRouter()).info());
  auto config = std::make_shared<core::ModelConfig>(*info->config);
  config->router.experts = 2;
  config->router.chosen = 1;
  info->config = config;
  core::Block block{Stream::Layer, 0, 0, 1, {}};
  block.arrays.push_back({Hook::RouterLogits, 2, {0, 0}, {}});
  block.arrays.push_back({Hook::RouterIds, 1, {}, {0}});
  const auto all = pushes(Trace(info).withIds({1}, {""}).with(std::move(block)));
  const core::LayerPush& balance = all[static_cast<size_t>(Push::BalanceChoices)];
  EXPECT_DOUBLE_EQ(balance.loss, 1);
  EXPECT_EQ(balance.value, (std::vector<double>{-0.5, 0.5}));
  EXPECT_EQ(balance.largest, 0.5);
}

TEST(Push, LossesAreThoseOfTheLibraryAndReferencesTheirUniformValues) {
  const Trace trace = gridRun(someRouter());
  const std::vector<float> logits = trace.gatherFloats(Hook::RouterLogits, 0, 0, kTokens);
  const std::vector<int32_t> ids = trace.gatherInts(Hook::RouterIds, 0, 0, kTokens);
  std::vector<double> scores(logits.begin(), logits.end());
  core::softmaxRows<double>(std::vector<double>(scores), kExperts, scores);
  const auto all = pushes(trace);
  const std::array forms = {core::BalanceForm::FirstChoice, core::BalanceForm::PerToken, core::BalanceForm::PerChoice};
  for (size_t i = 0; i < forms.size(); ++i) {
    EXPECT_NEAR(all[i].loss, core::balanceLoss<double>(forms[i], scores, kExperts, ids, kChosen).loss, 1e-12);
    EXPECT_EQ(all[i].reference, core::uniformBalance(forms[i], kChosen));
  }
  for (int i = 0; i < core::kPushes; ++i) {
    EXPECT_EQ(all[static_cast<size_t>(i)].push, static_cast<Push>(i));
    EXPECT_EQ(core::pushInfo(static_cast<Push>(i)).push, static_cast<Push>(i)) << "the table is in order";
    EXPECT_GT(all[static_cast<size_t>(i)].largest, 0);
  }
}

TEST(Push, CountsTheChoicesThatARaggedReplayHas) {
  const Trace recorded = gridRun(someRouter());
  core::ThreadPool pool(1);
  const auto trace = core::replay(recorded, core::replayBy(core::defaultPolicy(PolicyKind::TopP, someRouter())), pool);
  ASSERT_TRUE(trace.has_value()) << trace.error().message;
  const std::vector<int32_t> ids = trace->gatherInts(Hook::RouterIds, 0, 0, kTokens);
  std::vector<double> f(kExperts);
  double choices = 0;
  for (const int32_t id : ids) {
    if (id >= 0) f[static_cast<size_t>(id)] += 1, choices += 1;
  }
  ASSERT_LT(choices, static_cast<double>(ids.size())) << "tokens have different numbers of experts";
  double loss = 0;
  for (int t = 0; t < kTokens; ++t) {
    const auto logits = recorded.floats(Hook::RouterLogits, 0, t);
    std::vector<double> p(logits.begin(), logits.end());
    core::softmaxRows<double>(std::vector<double>(p), kExperts, p);
    for (size_t e = 0; e < p.size(); ++e) loss += kExperts * f[e] / choices * p[e] / kTokens;
  }
  EXPECT_NEAR(pushes(*trace)[static_cast<size_t>(Push::BalanceChoices)].loss, loss, 1e-12);
}

// Two tokens of two experts, alike to the router; only the first token has a choice, or none has.
Trace fewChoices(const std::vector<int32_t>& ids) {
  auto info = std::make_shared<core::RunInfo>(gridRun(someRouter()).info());
  auto config = std::make_shared<core::ModelConfig>(*info->config);
  config->router.experts = config->router.chosen = 2;
  info->config = config;
  core::Block block{Stream::Layer, 0, 0, 2, {}};
  block.arrays.push_back({Hook::RouterLogits, 2, {0, 0, 0, 0}, {}});
  block.arrays.push_back({Hook::RouterIds, 2, {}, ids});
  return Trace(info).withIds({1, 1}, {"", ""}).with(std::move(block));
}

TEST(Push, OfATokenWithoutChoicesIsComparedWithAUniformRouterOfAsManyChoices) {
  const auto all = pushes(fewChoices({0, -1, -1, -1}));
  const auto of = [&](Push push) { return all[static_cast<size_t>(push)]; };
  for (const Push push : {Push::BalanceFirst, Push::BalanceChoices}) {
    EXPECT_DOUBLE_EQ(of(push).loss, 1) << "f 1 0, of the choices there are";
    EXPECT_DOUBLE_EQ(of(push).reference, 1);
    EXPECT_EQ(of(push).value, (std::vector<double>{-0.25, 0.25, -0.25, 0.25}));
  }
  EXPECT_DOUBLE_EQ(of(Push::BalanceTokens).loss, 0.5) << "f 1/2 0, choices over tokens";
  EXPECT_DOUBLE_EQ(of(Push::BalanceTokens).reference, 0.5);
}

TEST(Push, IsNothingWhereNobodyChose) {
  const auto all = pushes(fewChoices({-1, -1, -1, -1}));
  for (const Push push : {Push::BalanceFirst, Push::BalanceTokens, Push::BalanceChoices}) {
    const core::LayerPush& balance = all[static_cast<size_t>(push)];
    EXPECT_EQ(balance.value, std::vector<double>(4)) << core::pushInfo(push).name;
    EXPECT_EQ(std::isnan(balance.loss), push != Push::BalanceTokens);
  }
}

// The value that stands in for a weight where the weight itself is a constant with a gradient of its own.
double weightOrSoft(const Trace& trace, const core::Policy& policy, int token) {
  const auto expert = static_cast<size_t>(trace.ints(Hook::RouterIds, 0, token)[0]);
  if (policy.kind == PolicyKind::DifferentiableTopK) {
    return static_cast<double>(trace.floats(Hook::RouterScores, 0, token)[expert]);
  }
  if (policy.kind != PolicyKind::StraightThrough) {
    return static_cast<double>(trace.floats(Hook::RouterWeights, 0, token)[0]);
  }
  std::vector<double> p;
  for (const float logit : trace.floats(Hook::RouterLogits, 0, token)) {
    p.push_back(static_cast<double>(logit) / policy.temperature);
  }
  core::softmaxRows<double>(std::vector<double>(p), kExperts, p);
  return p[expert];
}

TEST(WeightPush, IsTheSlopeOfTheWeightThatAPolicyGives) {
  core::ThreadPool pool(1);
  int looked = 0;
  for (const core::PolicyInfo& info : core::policies()) {
    if (!info.locked.empty() || info.kind == PolicyKind::SparseMixer) continue;
    for (const double temperature : {1.0, 0.5}) {
      core::ReplayOptions options = core::replayBy(core::defaultPolicy(info.kind, someRouter()));
      options.policy.temperature = temperature;
      const auto decided = [&](const Trace& run) {
        auto trace = core::replay(run, options, pool);
        EXPECT_TRUE(trace.has_value()) << info.name;
        return trace.value_or(Trace());
      };
      const Trace here = decided(gridRun(someRouter()));
      const int token = 4;
      const auto ids = here.ints(Hook::RouterIds, 0, token);
      if (ids.empty() || ids[0] < 0) continue;
      const auto push = core::weightPush(here, options.policy, 0, token, 0);
      ASSERT_TRUE(push.has_value()) << info.name << ": " << push.error().message;
      for (int e = 0; e < kExperts; ++e) {
        const Trace up = decided(gridRun(someRouter(), token, e, kStep)),
                    down = decided(gridRun(someRouter(), token, e, -kStep));
        if (up.ints(Hook::RouterIds, 0, token)[0] != ids[0] || down.ints(Hook::RouterIds, 0, token)[0] != ids[0])
          continue;
        const double rise = weightOrSoft(up, options.policy, token) - weightOrSoft(down, options.policy, token);
        const bool sharp = info.kind == PolicyKind::DifferentiableTopK;  // in float, through twenty rounds
        EXPECT_NEAR((*push)[static_cast<size_t>(e)], rise / (2 * static_cast<double>(kStep)), sharp ? 2e-2 : 2e-4)
            << info.name << " at temperature " << temperature << ", expert " << e;
        ++looked;
      }
    }
  }
  EXPECT_GT(looked, 12 * kExperts);
}

TEST(WeightPush, SaysWhatItCannotTell) {
  const Trace trace = gridRun(someRouter());
  const core::Policy own = core::policyOf(someRouter());
  EXPECT_EQ(core::weightPush(trace, own, 0, 3, 2).error().message, "layer 0, token 3: there is no choice 2");
  const core::Policy sparse = core::defaultPolicy(PolicyKind::SparseMixer, someRouter());
  EXPECT_NE(core::weightPush(trace, sparse, 0, 3, 0).error().message.find("no analytic gradient"), std::string::npos);
  EXPECT_EQ(core::pushesOf(trace, 1).error().message,
            "layer 1: no router logits and choices are recorded here, so there is no gradient");
}

TEST(WeightPush, IsNotThatOfWeightsMadeAnewAfterDrops) {
  core::ThreadPool pool(1);
  core::ReplayOptions options = core::replayBy(core::policyOf(someRouter()));
  for (const auto form : {core::DropWeights::Before, core::DropWeights::After, core::DropWeights::Raw}) {
    options.dropWeights = form;
    const auto trace = core::replay(gridRun(someRouter()), options, pool);
    ASSERT_TRUE(trace.has_value());
    EXPECT_NE(core::weightPush(*trace, options.policy, 0, 3, 0).error().message.find("after drops"), std::string::npos);
  }
}

TEST(PolicyBehind, IsNotKnownOfARunWhoseRoutingWasChanged) {
  auto info = std::make_shared<core::RunInfo>(gridRun(someRouter()).info());
  info->interventions = {"ban expert 3"};
  const auto behind = core::policyBehind(Trace(info));
  ASSERT_FALSE(behind.has_value());
  EXPECT_NE(behind.error().message.find("was changed"), std::string::npos);
}

TEST(PolicyBehind, IsTheModelsOwnOrAReplaysUsualOne) {
  const Trace recorded = gridRun(someRouter());
  EXPECT_EQ(core::policyBehind(recorded)->kind, PolicyKind::TokenChoice);
  core::ThreadPool pool(1);
  core::ReplayOptions options = core::replayBy(core::defaultPolicy(PolicyKind::ExpertChoice, someRouter()));
  options.policy.K = 1;
  options.serving.sequence = 4;
  options.dropWeights = core::DropWeights::After;
  EXPECT_EQ(core::policyBehind(*core::replay(recorded, options, pool))->kind, PolicyKind::ExpertChoice);
  EXPECT_EQ(core::policyBehind(*core::replay(recorded, options, pool))->K, 1);
  options.policy.temperature = 0.5;
  EXPECT_NE(core::policyBehind(*core::replay(recorded, options, pool)).error().message.find("temperature 0.5"),
            std::string::npos);
}

}  // namespace
