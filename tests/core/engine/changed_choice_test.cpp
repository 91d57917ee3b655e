// What is recorded beside a changed choice: weights of forced experts, margins, entropies. References are loops in
// double and the replay of the same policy on the same logits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/engine/cpu_engine.h"
#include "core/engine/intervened_run.h"
#include "core/engine/router_policy.h"
#include "core/engine/run.h"
#include "core/routing/sparse_mixer.h"
#include "core/trace/replay.h"
#include "tests/support/golden_model.h"

namespace {

using core::Hook;
using core::Intervention;
using core::InterventionKind;
using core::PolicyKind;
using core::Stream;
using core::Trace;

struct Model {
  explicit Model(const std::string& name)
      : golden(test::loadGoldenModel(name)), engine(*core::makeCpuEngine(golden.model, 2)) {
    request.run.ids = golden.ids();
    request.run.capture = core::Capture::Routing;
  }
  const core::RouterConfig& router() const { return golden.model->config.router; }
  core::IntervenedRun run(std::vector<Intervention> list) {
    const auto made = core::Interventions::make(std::move(list), golden.model->config);
    EXPECT_TRUE(made.has_value()) << made.error().message;
    request.interventions = *made;
    auto result = core::runIntervened(engine, request);
    EXPECT_TRUE(result.has_value()) << result.error().message;
    return std::move(*result);
  }

  test::GoldenModel golden;
  std::shared_ptr<core::Engine> engine;
  core::IntervenedRequest request;
};

Intervention change(InterventionKind kind, int expert = 0) {
  Intervention i;
  i.kind = kind;
  i.expert = expert;
  return i;
}

int firstMoe(const core::ModelConfig& config) {
  const auto at = std::find_if(config.layer.begin(), config.layer.end(), [](const auto& layer) { return layer.moe; });
  return static_cast<int>(at - config.layer.begin());
}

// A round's weight as the paper has it: those far behind the best of the round are out, but for the one in its place.
double roundWeight(const std::vector<double>& l, double jitter, int removed, int taken) {
  double best = -INFINITY, sum = 0;
  for (int e = 0; e < static_cast<int>(l.size()); ++e) {
    if (e != removed) best = std::max(best, l[static_cast<size_t>(e)]);
  }
  for (int e = 0; e < static_cast<int>(l.size()); ++e) {
    const double value = l[static_cast<size_t>(e)];
    const bool far = (best - value) / std::max(std::abs(value), best) > 2 * jitter;
    if (e != removed && (!far || e == taken)) sum += std::exp(value);
  }
  return std::exp(l[static_cast<size_t>(taken)]) / sum;
}

TEST(SparseMixerWeights, AreThoseOfItsOwnChoiceForItsOwnChoice) {
  const std::vector<double> logits = {0.3, 2.0, 1.99, -1.0, 1.97, 0.0};
  std::vector<int32_t> ids(2);
  std::vector<double> weights(2), again(2);
  core::sparseMixer<double>(logits, 6, 0.01, ids, weights);
  core::sparseMixerWeights<double>(logits, 0.01, ids, again);
  EXPECT_EQ(weights, again);
  EXPECT_NEAR(weights[1], roundWeight(logits, 0.01, ids[0], ids[1]), 1e-15);
}

TEST(SparseMixerWeights, AForcedExpertIsWeighedBesideThoseThatRemainInItsRound) {
  Model model("phimoe-longrope");
  const int expert = model.router().experts - 1, layer = firstMoe(model.golden.model->config);
  const core::IntervenedRun run = model.run({change(InterventionKind::Force, expert)});
  int forced = 0;
  for (int t = 0; t < run.changed.tokens(Stream::Layer, layer); ++t) {
    const auto before = run.original.ints(Hook::RouterIds, layer, t),
               after = run.changed.ints(Hook::RouterIds, layer, t);
    const auto weights = run.changed.floats(Hook::RouterWeights, layer, t);
    if (std::find(before.begin(), before.end(), expert) != before.end()) {
      EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
      continue;
    }
    ++forced;
    ASSERT_EQ(after[0], before[0]);
    ASSERT_EQ(after[1], expert);
    const auto row = run.changed.floats(Hook::RouterLogits, layer, t);
    const std::vector<double> logits(row.begin(), row.end());
    for (size_t j = 0; j < 2; ++j) {
      const double naive = roundWeight(logits, model.router().sparseMixerJitter, j == 0 ? -1 : after[0], after[j]);
      EXPECT_NEAR(static_cast<double>(weights[j]), naive, 1e-6) << t;
    }
  }
  EXPECT_GT(forced, 0);
}

// Layers before the first changed one have the same input in both.
void expectAsReplayed(const char* name, PolicyKind kind) {
  SCOPED_TRACE(std::string(name) + ", " + std::string(core::policyInfo(kind).name));
  Model model(name);
  Intervention policy = change(InterventionKind::Policy);
  policy.policy = core::defaultPolicy(kind, model.router());
  const core::IntervenedRun run = model.run({policy});
  core::ThreadPool pool(2);
  const auto replayed = core::replay(run.original, core::replayBy(policy.policy), pool);
  ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
  const int layer = firstMoe(model.golden.model->config), T = run.changed.tokens(Stream::Layer, layer);
  ASSERT_GT(T, 0);
  ASSERT_EQ(run.changed.gatherFloats(Hook::RouterLogits, layer, 0, T),
            replayed->gatherFloats(Hook::RouterLogits, layer, 0, T));
  for (int t = 0; t < T; ++t) {
    const auto open = replayed->floats(Hook::RouterMargin, layer, t);
    const float closed = run.changed.floats(Hook::RouterMargin, layer, t)[0];
    if (open.empty()) {
      EXPECT_TRUE(std::isnan(closed)) << t;
    } else {
      EXPECT_TRUE(std::isnan(open[0]) ? std::isnan(closed) : std::abs(open[0] - closed) < 1e-5F)
          << t << ": " << closed << ", replayed " << open[0];
    }
    EXPECT_NEAR(run.changed.floats(Hook::RouterEntropy, layer, t)[0],
                replayed->floats(Hook::RouterEntropy, layer, t)[0], 1e-5F)
        << t;
    const auto scores = run.changed.floats(Hook::RouterScores, layer, t),
               again = replayed->floats(Hook::RouterScores, layer, t);
    for (size_t e = 0; e < scores.size() && !again.empty(); ++e) EXPECT_NEAR(scores[e], again[e], 1e-6F) << t;
  }
}

TEST(ChangedChoice, HasTheMarginEntropyAndScoresOfThePolicyThatMadeIt) {
  for (const PolicyKind kind :
       {PolicyKind::SigmoidTopK, PolicyKind::SparseMixer, PolicyKind::NormedLogits, PolicyKind::Gumbel,
        PolicyKind::NoisyTopK, PolicyKind::Reinforce, PolicyKind::Hash, PolicyKind::TopP, PolicyKind::Relu,
        PolicyKind::DifferentiableTopK, PolicyKind::StraightThrough, PolicyKind::ExpertChoice, PolicyKind::GlobalChoice,
        PolicyKind::BalancedAssignment, PolicyKind::Sinkhorn}) {
    expectAsReplayed("qwen2_moe-gated-shared", kind);
  }
}

TEST(ChangedChoice, OfARouterWithSigmoidScoresHasTheSoftmaxWhereThePolicyScoresByIt) {
  for (const PolicyKind kind : {PolicyKind::TokenChoice, PolicyKind::Gumbel, PolicyKind::SigmoidTopK,
                                PolicyKind::ExpertChoice, PolicyKind::Sinkhorn}) {
    expectAsReplayed("deepseek_v3-groups", kind);
  }
}

TEST(ChangedChoice, AForcedOrSwappedExpertLeavesTheMarginOfTheChoiceThatItReplaces) {
  Model model("qwen2_moe-gated-shared");
  Intervention swap = change(InterventionKind::Swap, 0);
  swap.other = 1;
  const core::IntervenedRun run = model.run({swap, change(InterventionKind::Force, 3)});
  const int layer = firstMoe(model.golden.model->config), T = run.changed.tokens(Stream::Layer, layer);
  for (int t = 0; t < T; ++t) {
    EXPECT_NEAR(run.changed.floats(Hook::RouterMargin, layer, t)[0],
                run.original.floats(Hook::RouterMargin, layer, t)[0], 1e-6F);
  }
}

TEST(ChangedChoice, AnOwnReplayHasTheRecordedEntropyWhateverTheScoresAre) {
  for (const char* name : {"deepseek_v3-groups", "skywork-base", "qwen2_moe-gated-shared", "phimoe-longrope"}) {
    Model model(name);
    const Trace recorded = (*core::Session::start(model.engine, model.request.run))->trace();
    core::ThreadPool pool(2);
    const auto own = core::replay(recorded, core::replayBy(core::policyOf(model.router())), pool);
    ASSERT_TRUE(own.has_value()) << own.error().message;
    const int layer = firstMoe(model.golden.model->config), T = recorded.tokens(Stream::Layer, layer);
    EXPECT_EQ(own->gatherFloats(Hook::RouterEntropy, layer, 0, T),
              recorded.gatherFloats(Hook::RouterEntropy, layer, 0, T))
        << name;
    EXPECT_EQ(own->gatherFloats(Hook::RouterScores, layer, 0, T),
              recorded.gatherFloats(Hook::RouterScores, layer, 0, T))
        << name;
  }
}

TEST(ChangedChoice, ABiasThatNoTokenShowedIsNotTakenForZero) {
  Model model("deepseek_v3-groups");
  ASSERT_GT(model.router().groups, model.router().groupsChosen);
  model.request.run.ids.resize(1);  // one token keeps some groups, never all
  const Trace recorded = (*core::Session::start(model.engine, model.request.run))->trace();
  core::Policy policy = core::policyOf(model.router());
  policy.groups.groupsChosen = policy.groups.groups;
  core::ThreadPool pool(1);
  const auto replayed = core::replay(recorded, core::replayBy(policy), pool);
  ASSERT_FALSE(replayed.has_value());
  EXPECT_NE(replayed.error().message.find("its bias is not in the recording"), std::string::npos)
      << replayed.error().message;
  EXPECT_TRUE(core::replay(recorded, core::replayBy(core::policyOf(model.router())), pool).has_value());
}

TEST(SinkhornPolicy, TakesLogitsWhoseExponentialNoFloatHolds) {
  const std::vector<float> logits = {120, 100, 90, 95, 118, 119, 91, 117};  // (4, 2)
  core::Policy policy;
  policy.kind = PolicyKind::Sinkhorn;
  core::PolicyInput input;
  input.logits = logits;
  input.E = 2;
  const auto routed = core::routeBy(policy, input);
  ASSERT_TRUE(routed.has_value()) << routed.error().message;
  EXPECT_EQ(routed->ids, (std::vector<int32_t>{0, 1, 0, 1}));
}

}  // namespace
