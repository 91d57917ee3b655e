#include "core/trace/replay.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/engine/cpu_engine.h"
#include "core/engine/run.h"
#include "core/routing/balance_loss.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/second_router.h"
#include "tests/support/golden_model.h"
#include "tests/support/made_trace.h"
#include "tests/support/replays.h"
#include "tests/support/support.h"

namespace {

using core::CapacityRule;
using core::Hook;
using core::PolicyKind;
using core::ReplayOptions;
using core::Stream;
using core::Trace;
using test::must;
using test::replayed;
using test::someRun;
using test::with;

class OwnPolicy : public testing::TestWithParam<std::string> {};

TEST_P(OwnPolicy, ReplaysWhatTheRunRecorded) {
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  const core::RouterConfig& router = golden.model->config.router;
  auto engine = core::makeCpuEngine(golden.model, 2);
  ASSERT_TRUE(engine.has_value()) << engine.error().message;
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 3;
  request.capture = core::Capture::Routing;
  const Trace recorded = (*core::Session::start(*engine, request))->trace();
  core::ThreadPool pool(2);
  const auto again = core::replay(recorded, core::replayBy(core::policyOf(router)), pool);
  if (router.experts == 0) {
    EXPECT_FALSE(again.has_value());
    return;
  }
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_TRUE(again->info().replay->exact);
  for (int layer = 0; layer < recorded.config().layers; ++layer) {
    SCOPED_TRACE(layer);
    const int T = recorded.tokens(Stream::Layer, layer);
    ASSERT_EQ(again->gatherInts(Hook::RouterIds, layer, 0, T), recorded.gatherInts(Hook::RouterIds, layer, 0, T));
    ASSERT_EQ(again->gatherFloats(Hook::RouterWeights, layer, 0, T),
              recorded.gatherFloats(Hook::RouterWeights, layer, 0, T));
    const core::LayerDispatch was = core::dispatchOf(recorded, layer), is = core::dispatchOf(*again, layer);
    EXPECT_EQ(is.slot, was.slot);
    EXPECT_EQ(is.kept, was.kept);
    EXPECT_EQ(is.capacity, was.capacity);
    EXPECT_EQ(is.exists && is.simulated, false);
    for (int t = 0; t < T && recorded.has(Hook::RouterIds, layer) && router.chosen < router.experts; ++t) {
      const float before = recorded.floats(Hook::RouterMargin, layer, t)[0];
      const float gap = again->floats(Hook::RouterMargin, layer, t)[0];
      ASSERT_TRUE(std::isnan(before) ? std::isnan(gap) : std::abs(gap - before) <= 1e-6F)
          << t << ": " << gap << ", " << before;
    }
  }
  const std::vector<core::ReplayMeasures> measures = core::measureReplay(recorded, *again);
  EXPECT_EQ(measures.back().changed, 0);
  EXPECT_EQ(measures.back().changedTokens, 0);
}
INSTANTIATE_TEST_SUITE_P(Models, OwnPolicy, testing::ValuesIn(test::goldenModelNames()), [](const auto& suite) {
  std::string name = suite.param;
  std::replace_if(
      name.begin(), name.end(), [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }, '_');
  return name;
});

TEST(Replay, AnotherKKeepsTheBestAndAddsTheNext) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.policy.K = 3;
  const Trace wider = replayed(recorded, options);
  EXPECT_EQ(wider.config().router.chosen, 3);
  EXPECT_EQ(wider.info().replay->settings, "k 3");
  EXPECT_FALSE(wider.info().replay->exact);
  for (int t = 0; t < 40; ++t) {
    const auto before = recorded.ints(Hook::RouterIds, 1, t), now = wider.ints(Hook::RouterIds, 1, t);
    EXPECT_EQ(now[0], before[0]);
    EXPECT_EQ(now[1], before[1]);
  }
  EXPECT_NEAR(core::measureReplay(recorded, wider).back().changed, 1.0 / 3, 1e-12);
}

TEST(Replay, ASettingThatThePolicyDoesNotReadLeavesItExact) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.policy.jitter = 0.5;
  options.policy.threshold = 0.9;
  options.policy.hash = core::HashRule::SplitMix;
  options.policy.groups = {4, 1, core::GroupScore::Max};
  const Trace again = replayed(recorded, options);
  EXPECT_EQ(again.info().replay->settings, "");
  EXPECT_TRUE(again.info().replay->exact);
}

TEST(Replay, TheKOfExpertChoiceIsTheMeanItWasAskedFor) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::ExpertChoice, recorded);
  options.policy.factor = 1;
  const Trace narrow = replayed(recorded, options);
  EXPECT_EQ(narrow.info().replay->k, 1);
  EXPECT_EQ(narrow.info().replay->runK, 2);
  EXPECT_EQ(narrow.info().replay->settings, "1 expert a token");
  options.policy.factor = 2.6;
  EXPECT_EQ(replayed(recorded, options).info().replay->k, 3);
}

TEST(Replay, LogitsAndTokensAreSeenThroughItAndTheRecordedChoiceIsNot) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::Gumbel, recorded);
  options.policy.seed = 3;
  const Trace trace = replayed(recorded, options);
  EXPECT_EQ(trace.ids(), recorded.ids());
  EXPECT_EQ(trace.gatherFloats(Hook::RouterLogits, 2, 0, 40), recorded.gatherFloats(Hook::RouterLogits, 2, 0, 40));
  EXPECT_EQ(trace.gatherFloats(Hook::RouterScores, 2, 0, 40), recorded.gatherFloats(Hook::RouterScores, 2, 0, 40));
  EXPECT_NE(trace.gatherInts(Hook::RouterIds, 2, 0, 40), recorded.gatherInts(Hook::RouterIds, 2, 0, 40));
  EXPECT_TRUE(trace.has(Hook::RouterSelection, 2)) << "noise shifted the choice";
  EXPECT_EQ(trace.tokens(Stream::Layer, 2), 40);
  EXPECT_EQ(trace.columns(Hook::RouterLogits, 2), 8);
}

TEST(Replay, IsTheSameForAnyNumberOfThreads) {
  const Trace recorded = someRun();
  for (const core::PolicyInfo& info : core::policies()) {
    if (!info.locked.empty()) continue;
    ReplayOptions options = with(info.kind, recorded);
    options.factor = 1.0;
    const Trace one = replayed(recorded, options, 1), two = replayed(recorded, options, 3);
    for (int layer = 0; layer < 3; ++layer) {
      EXPECT_EQ(one.gatherInts(Hook::RouterIds, layer, 0, 40), two.gatherInts(Hook::RouterIds, layer, 0, 40))
          << info.name;
      EXPECT_EQ(one.gatherFloats(Hook::RouterWeights, layer, 0, 40),
                two.gatherFloats(Hook::RouterWeights, layer, 0, 40))
          << info.name;
      EXPECT_EQ(one.gatherInts(Hook::RouterKept, layer, 0, 40), two.gatherInts(Hook::RouterKept, layer, 0, 40))
          << info.name;
      EXPECT_EQ(one.gatherInts(Hook::RouterIds, layer, 0, 40).empty(), false) << info.name;
    }
  }
}

TEST(Replay, ACapacityRuleDropsWhatTheSliderDrops) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.rule = CapacityRule::Tutel;
  options.factor = 0.5;
  const Trace trace = replayed(recorded, options);
  const auto slider = test::decidedUnder(recorded, CapacityRule::Tutel, 0.5);
  for (int layer = 0; layer < 3; ++layer) {
    const core::LayerDispatch mine = core::dispatchOf(trace, layer);
    EXPECT_TRUE(mine.simulated);
    EXPECT_EQ(mine.kept, slider[static_cast<size_t>(layer)].kept);
    EXPECT_EQ(mine.slot, slider[static_cast<size_t>(layer)].slot);
    EXPECT_EQ(mine.capacity, slider[static_cast<size_t>(layer)].capacity);
  }
  EXPECT_GT(core::measureReplay(recorded, trace).back().dropped, 0);
}

TEST(Replay, AnotherCapacityCanBeLaidOverIt) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::ExpertChoice, recorded);
  options.rule = CapacityRule::Gshard;
  options.factor = 1.0;
  const Trace trace = replayed(recorded, options);
  auto info = std::make_shared<core::RunInfo>(trace.info());
  info->capacity.factor = 0.25;
  const core::LayerDispatch wide = core::dispatchOf(trace, 1), tight = core::dispatchOf(trace.withInfo(info), 1);
  EXPECT_EQ(wide.capacity, 10);  // ceil(2 * 40 / 8), k and not the columns of the ragged rows
  EXPECT_EQ(tight.capacity, 3);
  EXPECT_EQ(std::count(tight.kept.begin(), tight.kept.end(), 1), 24) << "every expert's queue is longer than 3";
  EXPECT_EQ(tight.slot, wide.slot);
}

TEST(Replay, WeightFormsOfGroupsAndGlobalChoiceAreTheirScoreAndTheirRenormalisation) {
  const Trace recorded = someRun();
  for (const PolicyKind kind :
       {PolicyKind::TokenChoice, PolicyKind::NormedLogits, PolicyKind::GroupedTopK, PolicyKind::GlobalChoice}) {
    for (const core::WeightForm form : core::weightForms(kind)) {
      ReplayOptions options = with(kind, recorded);
      core::setWeightForm(options.policy, form);
      EXPECT_EQ(core::weightFormOf(options.policy), form);
      const Trace trace = replayed(recorded, options);
      const bool sumsToOne = form == core::WeightForm::Renorm || form == core::WeightForm::SigmoidRenorm ||
                             form == core::WeightForm::SoftmaxTopK || form == core::WeightForm::DoubleSoftmax;
      for (int t = 0; t < 40; ++t) {
        const auto weights = trace.floats(Hook::RouterWeights, 1, t);
        const float sum = std::accumulate(weights.begin(), weights.end(), 0.0F);
        if (sum == 0) continue;  // a token without an expert
        const bool isOne = std::abs(sum - 1) < 1e-5F;
        ASSERT_EQ(isOne, sumsToOne) << core::policyInfo(kind).name << " " << core::weightFormName(form);
      }
    }
  }
  core::Policy sparse = with(PolicyKind::SparseMixer, recorded).policy;
  const bool before = sparse.renorm;
  core::setWeightForm(sparse, before ? core::WeightForm::Raw : core::WeightForm::Renorm);
  EXPECT_EQ(sparse.renorm, before) << "its weights are its own";
}

TEST(Replay, WeightsAfterTheDropAreThoseOfTheLibrary) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::TokenChoice, recorded);
  options.factor = 0.5;
  const Trace plain = replayed(recorded, options);
  const core::LayerDispatch d = core::dispatchOf(plain, 0);
  const std::vector<float> before = plain.gatherFloats(Hook::RouterWeights, 0, 0, 40);
  const std::vector<uint8_t> kept(d.kept.begin(), d.kept.end());
  ASSERT_NE(std::count(kept.begin(), kept.end(), 0), 0);
  for (const auto form : {core::DropWeights::Before, core::DropWeights::After, core::DropWeights::Raw}) {
    options.dropWeights = form;
    const Trace trace = replayed(recorded, options);
    std::vector<float> expected(before.size());
    core::weightsAfterDrop<float>(form, before, kept, 2, expected);
    EXPECT_EQ(trace.gatherFloats(Hook::RouterWeights, 0, 0, 40), expected);
    EXPECT_EQ(trace.info().replay->settings, "drop-weights " + std::string(core::dropWeightsName(form)));
    EXPECT_EQ(core::dispatchOf(trace, 0).kept, d.kept);
  }
}

TEST(Replay, AStraightThroughChoiceIsTopKWithEqualWeights) {
  const Trace recorded = someRun();
  const Trace trace = replayed(recorded, with(PolicyKind::StraightThrough, recorded));
  EXPECT_EQ(trace.gatherInts(Hook::RouterIds, 1, 0, 40), recorded.gatherInts(Hook::RouterIds, 1, 0, 40));
  for (const float weight : trace.gatherFloats(Hook::RouterWeights, 1, 0, 40)) EXPECT_EQ(weight, 0.5F);
  EXPECT_TRUE(trace.info().replay->causal);
  EXPECT_FALSE(trace.info().replay->exact);
}

TEST(Replay, ReinforceDrawsLikeGumbelAndWeighsByTheProbability) {
  const Trace recorded = someRun();
  ReplayOptions draw = with(PolicyKind::Reinforce, recorded), gumbel = with(PolicyKind::Gumbel, recorded);
  draw.policy.seed = gumbel.policy.seed = 7;
  const Trace drawn = replayed(recorded, draw);
  EXPECT_EQ(drawn.gatherInts(Hook::RouterIds, 0, 0, 40),
            replayed(recorded, gumbel).gatherInts(Hook::RouterIds, 0, 0, 40));
  for (int t = 0; t < 40; ++t) {
    const auto ids = drawn.ints(Hook::RouterIds, 0, t);
    for (size_t j = 0; j < ids.size(); ++j) {
      EXPECT_EQ(drawn.floats(Hook::RouterWeights, 0, t)[j],
                recorded.floats(Hook::RouterScores, 0, t)[static_cast<size_t>(ids[j])]);
    }
  }
  draw.policy.seed = 8;
  EXPECT_NE(replayed(recorded, draw).gatherInts(Hook::RouterIds, 0, 0, 40),
            drawn.gatherInts(Hook::RouterIds, 0, 0, 40));
}

TEST(Replay, AnAttentionOverExpertsIsReplayedWhereTheRunHasOne) {
  const Trace recorded = someRun();
  core::ThreadPool pool(2);
  const ReplayOptions options = with(PolicyKind::ExpertAttention, recorded);
  const auto locked = core::replay(recorded, options, pool);
  ASSERT_FALSE(locked.has_value());
  EXPECT_NE(locked.error().message.find("weights trained with it"), std::string::npos) << locked.error().message;

  auto config = std::make_shared<core::ModelConfig>(recorded.config());
  config->router.attentionLogits = true;
  auto info = std::make_shared<core::RunInfo>(recorded.info());
  info->config = config;
  EXPECT_EQ(core::policyLock(PolicyKind::ExpertAttention, config->router), "");
  const Trace attended = recorded.withInfo(info);
  const Trace trace = replayed(attended, options);
  EXPECT_EQ(trace.gatherInts(Hook::RouterIds, 1, 0, 40), recorded.gatherInts(Hook::RouterIds, 1, 0, 40));
  EXPECT_EQ(trace.info().replay->policy, "yuan-attention-router");
  EXPECT_TRUE(trace.info().replay->exact);
}

TEST(Replay, ARouterOfAttentionIsCarriedThroughAsRecorded) {
  const test::GoldenModel golden = test::loadGoldenModel("jetmoe-moa");
  core::RunRequest request;
  request.ids = golden.ids();
  request.capture = core::Capture::Routing;
  const Trace recorded = (*core::Session::start(*core::makeCpuEngine(golden.model, 1), request))->trace();
  ReplayOptions options = with(PolicyKind::Gumbel, recorded);
  options.policy.seed = 5;
  const Trace drawn = replayed(recorded, options);
  const test::ScratchFolder folder;
  for (const char* name : {"r.npz", "r.json"}) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(core::writeSnapshot(drawn, folder.path() / name, {}).has_value());
    const Trace read = must(core::readSnapshot(folder.path() / name));
    for (int layer = 0; layer < recorded.config().layers; ++layer) {
      const int T = recorded.tokens(Stream::Layer, layer);
      for (const Hook hook :
           {Hook::AttentionRouterLogits, Hook::AttentionRouterWeights, Hook::AttentionRouterEntropy}) {
        const auto was = recorded.gatherFloats(hook, layer, 0, T);
        ASSERT_FALSE(was.empty());
        EXPECT_EQ(drawn.gatherFloats(hook, layer, 0, T), was);
        EXPECT_EQ(read.gatherFloats(hook, layer, 0, T), was);
      }
      const auto ids = recorded.gatherInts(Hook::AttentionRouterIds, layer, 0, T);
      EXPECT_EQ(read.gatherInts(Hook::AttentionRouterIds, layer, 0, T), ids);
      EXPECT_TRUE(read.has(Hook::AttentionRouterMargin, layer));
      const Trace attention = core::attentionRouting(drawn);
      EXPECT_EQ(attention.gatherInts(Hook::RouterIds, layer, 0, T), ids);
    }
  }
}

TEST(Replay, RaggedRoutingsSurviveASnapshot) {
  const Trace recorded = someRun();
  ReplayOptions options = with(PolicyKind::ExpertChoice, recorded);
  options.factor = 0.75;
  const Trace trace = replayed(recorded, options);
  const test::ScratchFolder folder;
  for (const char* name : {"replay.safetensors", "replay.npz", "replay.json"}) {
    ASSERT_TRUE(core::writeSnapshot(trace, folder.path() / name).has_value());
    const Trace back = must(core::readSnapshot(folder.path() / name));
    EXPECT_EQ(back.info().replay->policy, "expert-choice");
    EXPECT_FALSE(back.info().replay->causal);
    for (int layer = 0; layer < 3; ++layer) {
      EXPECT_EQ(back.gatherInts(Hook::RouterIds, layer, 0, 40), trace.gatherInts(Hook::RouterIds, layer, 0, 40));
      EXPECT_EQ(core::dispatchOf(back, layer).kept, core::dispatchOf(trace, layer).kept);
      EXPECT_EQ(back.gatherFloats(Hook::RouterLogits, layer, 0, 40),
                recorded.gatherFloats(Hook::RouterLogits, layer, 0, 40));
    }
  }
}

TEST(Replay, NamesTheTokensThatSawLaterOnes) {
  const Trace recorded = someRun();
  const auto causal = core::tokensThatSawLaterOnes(recorded, with(PolicyKind::TokenChoice, recorded), 1);
  ASSERT_TRUE(causal.has_value());
  EXPECT_TRUE(causal->empty());
  ReplayOptions global = with(PolicyKind::GlobalChoice, recorded);
  const auto seen = core::tokensThatSawLaterOnes(recorded, global, 1);
  ASSERT_TRUE(seen.has_value());
  ASSERT_FALSE(seen->empty());
  EXPECT_LT(seen->back(), 39) << "nothing comes after the last token";
  global.serving.sequence = 1;
  EXPECT_TRUE(core::tokensThatSawLaterOnes(recorded, global, 1)->empty()) << "each token is a group of its own";
  global.serving.sequence = 0;
  test::MadeTrace longer;
  longer.router = test::plainRouter(4, 1);
  longer.tokens = longer.prompt = 300;
  EXPECT_FALSE(core::tokensThatSawLaterOnes(test::makeTrace(longer), global, 0).has_value());
}

TEST(Replay, ABeginningTooShortForAPolicyCountsForItsLastToken) {
  const test::GoldenModel golden = test::loadGoldenModel("openmoe-base");
  const auto engine = *core::makeCpuEngine(golden.model, 2);
  const auto session = test::runGolden(golden, engine);
  ASSERT_TRUE(session);
  const Trace recorded = (*session)->trace();
  int layer = 0;
  while (recorded.gatherFloats(Hook::RouterLogits, layer, 0, 1).empty()) ++layer;
  const auto seen = core::tokensThatSawLaterOnes(recorded, with(PolicyKind::Sinkhorn, recorded), layer);
  ASSERT_TRUE(seen.has_value()) << seen.error().message;
  EXPECT_EQ(seen->front(), 0) << "one token alone has no balance to find";
  EXPECT_LT(seen->back(), recorded.tokens(Stream::Layer, layer) - 1);
}

TEST(Replay, StandsAloneWithEverythingThatIsSeenThroughIt) {
  const Trace recorded = someRun();
  const Trace trace = replayed(recorded, with(PolicyKind::TopP, recorded)), alone = core::standalone(trace);
  EXPECT_FALSE(alone.blocks(Stream::Layer, 2).empty());
  EXPECT_EQ(alone.ids(), trace.ids());
  for (const core::HookInfo& info : core::allHooks()) {
    const int layer = core::isOfLayer(info.stream) ? 2 : 0, tokens = trace.tokens(info.hook, layer);
    EXPECT_EQ(alone.has(info.hook, layer), trace.has(info.hook, layer)) << info.name;
    EXPECT_EQ(alone.gatherFloats(info.hook, layer, 0, tokens), trace.gatherFloats(info.hook, layer, 0, tokens))
        << info.name;
    EXPECT_EQ(alone.gatherInts(info.hook, layer, 0, tokens), trace.gatherInts(info.hook, layer, 0, tokens))
        << info.name;
  }
  EXPECT_TRUE(alone.has(Hook::RouterLogits, 2));
}

TEST(Replay, MeasuresAreThoseOfTheLibrary) {
  const Trace recorded = someRun();
  const Trace trace = replayed(recorded, with(PolicyKind::TokenChoice, recorded));
  const std::vector<core::ReplayMeasures> rows = core::measureReplay(recorded, trace);
  ASSERT_EQ(rows.size(), 4u);
  const auto scores = recorded.gatherFloats(Hook::RouterScores, 1, 0, 40);
  const auto ids = recorded.gatherInts(Hook::RouterIds, 1, 0, 40);
  const auto loss = core::balanceLoss<float>(core::BalanceForm::PerChoice, scores, 8, ids, 2);
  EXPECT_NEAR(rows[1].balance, static_cast<double>(loss.loss), 1e-5);
  EXPECT_EQ(rows[1].choices, 80);
  EXPECT_EQ(rows[1].layer, 1);
  EXPECT_EQ(rows[3].layer, -1);
  EXPECT_EQ(rows[3].choices, 240);
  EXPECT_GT(rows[1].zLoss, 0);
}

TEST(Replay, StopsWhenAskedAndRefusesWhatDoesNotFit) {
  const Trace recorded = someRun();
  core::ThreadPool pool(2);
  const auto stopped = core::replay(recorded, with(PolicyKind::Sinkhorn, recorded), pool, [](double) { return false; });
  ASSERT_FALSE(stopped.has_value());
  EXPECT_TRUE(stopped.error().cancelled);

  ReplayOptions wrong = with(PolicyKind::TokenChoice, recorded);
  wrong.rule = CapacityRule::Switch;
  EXPECT_EQ(core::replay(recorded, wrong, pool).error().message,
            "capacity rule switch: expected k 1, found 2; choose gshard for more choices a token");
}

// A kept replay, decided again: the run's own choices would come out, whatever policy was kept.
}  // namespace
