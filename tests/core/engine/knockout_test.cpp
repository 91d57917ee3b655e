#include "core/engine/knockout.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/engine/close_calls.h"
#include "core/engine/cpu_engine.h"
#include "core/engine/intervened_run.h"
#include "tests/support/golden_model.h"

namespace {

using core::Hook;

struct Recorded {
  explicit Recorded(const std::string& name)
      : golden(test::loadGoldenModel(name)), engine(*core::makeCpuEngine(golden.model, 2)) {
    request.ids = golden.ids();
    request.capture = core::Capture::Routing;
    session = *core::Session::start(engine, request);
  }
  core::Knockout knockOut(const core::KnockoutRequest& wanted) const {
    auto result = core::knockOut(engine, *session, request, wanted);
    if (result) return *result;
    ADD_FAILURE() << result.error().message;
    std::abort();
  }
  test::GoldenModel golden;
  std::shared_ptr<core::Engine> engine;
  core::RunRequest request;
  std::unique_ptr<core::Session> session;
};

TEST(Knockout, AnExpertThatNobodyUsedHasNoEffectAndTheOthersHaveThatOfAnInterventionByHand) {
  const Recorded run("seed-7m");
  const int token = 9, layer = 3;
  core::KnockoutRequest wanted;
  wanted.layers = {layer};
  wanted.token = token;
  const core::Knockout knockout = run.knockOut(wanted);
  ASSERT_EQ(knockout.effects.size(), 16u);
  int used = -1;
  for (const core::ExpertEffect& effect : knockout.effects) {
    EXPECT_GE(effect.kl, 0);
    EXPECT_TRUE(effect.uses > 0 || effect.kl == 0) << effect.expert;
    if (effect.uses > 0) used = effect.expert;
  }
  ASSERT_GE(used, 0);
  core::Intervention zero;
  zero.kind = core::InterventionKind::Scale;
  zero.factor = 0;
  zero.expert = used;
  zero.firstLayer = zero.lastLayer = layer;
  zero.toToken = token;
  core::IntervenedRequest again;
  again.run = run.request;
  again.interventions = *core::Interventions::make({zero}, run.golden.model->config);
  const auto changed = core::runAgain(run.engine, *run.session, again);
  ASSERT_TRUE(changed.has_value());
  for (const core::TokenDifference& d : changed->tokens) {
    if (d.token != token) continue;
    const core::ExpertEffect& effect = knockout.effects[static_cast<size_t>(used)];
    EXPECT_NEAR(effect.kl, d.kl, 1e-4);
    EXPECT_NEAR(effect.surprisal, d.surprisalAfter - d.surprisalBefore, 1e-3);
  }
}

TEST(Knockout, AtTheTokenAloneOnlyItsOwnChoicesMatter) {
  const Recorded run("seed-7m");
  core::KnockoutRequest wanted;
  wanted.layers = {2, 3};
  wanted.token = 5;
  wanted.onlyToken = true;
  const core::Knockout knockout = run.knockOut(wanted);
  int64_t uses = 0;
  for (const core::ExpertEffect& effect : knockout.effects) {
    const auto ids = run.session->trace().ints(Hook::RouterIds, effect.layer, 5);
    EXPECT_EQ(effect.uses, std::count(ids.begin(), ids.end(), effect.expert));
    uses += effect.uses;
  }
  EXPECT_EQ(uses, 4);
  EXPECT_EQ(knockout.runs, 5) << "the run itself and one a use";
}

TEST(Knockout, WorksWhereThePromptQueuesAsOneGroup) {
  const Recorded run("openmoe-base");
  core::KnockoutRequest wanted;
  for (int l = 0; l < run.golden.model->config.layers; ++l) {
    if (run.golden.model->config.layer[static_cast<size_t>(l)].moe) wanted.layers.push_back(l);
  }
  wanted.token = run.session->trace().promptTokens() / 2;
  const core::Knockout knockout = run.knockOut(wanted);
  EXPECT_TRUE(std::any_of(knockout.effects.begin(), knockout.effects.end(), [](const auto& e) { return e.kl > 0; }));
}

TEST(Knockout, TheControlHoldsTheMeanAndIsTheSameForTheSameSeed) {
  const std::vector<double> values = {0.05, 0.11, 0.34, 0.9, 1.7, 2.9};
  const core::RandomControl a = core::bootstrapMean(values, 500, 7), b = core::bootstrapMean(values, 500, 7),
                            c = core::bootstrapMean(values, 500, 8);
  EXPECT_DOUBLE_EQ(a.mean, 1);
  EXPECT_LT(a.low, 1);
  EXPECT_GT(a.high, 1);
  EXPECT_EQ(a.low, b.low);
  EXPECT_TRUE(a.low != c.low || a.high != c.high);
  EXPECT_TRUE(std::isnan(core::bootstrapMean({}, 10, 1).mean));
}

TEST(Knockout, StopsWhenAskedAndRefusesAPlaceThatDoesNotExist) {
  const Recorded run("seed-7m");
  core::KnockoutRequest wanted;
  wanted.layers = {2};
  wanted.token = 3;
  const auto stopped = core::knockOut(run.engine, *run.session, run.request, wanted, [](double) { return false; });
  ASSERT_TRUE(stopped.has_value());
  EXPECT_TRUE(stopped->cancelled);
  EXPECT_EQ(stopped->effects.size(), 1u);
  wanted.token = 100000;
  EXPECT_NE(
      core::knockOut(run.engine, *run.session, run.request, wanted).error().message.find("expected a token from 0 to"),
      std::string::npos);
}

TEST(CloseCalls, RoundingIsThatOfTheFileTypes) {
  std::vector<float> weights = {1.0F, -127.0F, 0.4F, 0.6F};
  core::roundRouter(core::RouterRounding::Q8_0, 4, weights);
  EXPECT_EQ(weights, (std::vector<float>{1, -127, 0, 1}));
  weights = {1.00390625F, 3.0F};  // 1 + 2^-8 lies between two bfloat16
  core::roundRouter(core::RouterRounding::Bf16, 2, weights);
  EXPECT_EQ(weights, (std::vector<float>{1, 3}));
}

TEST(CloseCalls, FlipsAreChoicesWithAThinMargin) {
  const Recorded run("seed-7m");
  const auto calls = core::closeCalls(run.golden.model, run.session->trace(), core::RouterRounding::Q8_0, 2);
  ASSERT_TRUE(calls.has_value()) << calls.error().message;
  EXPECT_EQ(calls->decisions, 6 * run.session->trace().promptTokens());
  for (const core::Flip& flip : calls->flips) {
    EXPECT_NE(flip.before, flip.after);
    EXPECT_LT(flip.margin, 0.05F) << "layer " << flip.layer << " token " << flip.token;
  }
}

}  // namespace
