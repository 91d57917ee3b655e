#include "core/engine/intervention.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/engine/cpu_engine.h"
#include "core/engine/intervened_run.h"
#include "core/engine/intervention_json.h"
#include "core/trace/dispatch.h"
#include "core/trace/replay.h"
#include "tests/support/golden_model.h"

namespace {

using core::Hook;
using core::IntervenedRun;
using core::Intervention;
using core::InterventionKind;
using core::Stream;
using core::Trace;

// A model, its engine, and runs of it with changes.
class Changed {
 public:
  explicit Changed(const std::string& name)
      : golden(test::loadGoldenModel(name)), engine(*core::makeCpuEngine(golden.model, 2)) {
    request.run.ids = golden.ids();
    request.run.capture = core::Capture::Full;
  }
  const core::ModelConfig& config() const { return golden.model->config; }

  core::Result<IntervenedRun> tryRun(std::vector<Intervention> list) {
    auto changes = core::Interventions::make(std::move(list), config());
    if (!changes) return tl::unexpected<core::Error>(changes.error());
    request.interventions = *changes;
    return core::runIntervened(engine, request);
  }
  IntervenedRun run(std::vector<Intervention> list) {
    auto result = tryRun(std::move(list));
    if (result) return std::move(*result);
    ADD_FAILURE() << result.error().message;
    std::abort();
  }

  test::GoldenModel golden;
  std::shared_ptr<core::Engine> engine;
  core::IntervenedRequest request;
};

Intervention change(InterventionKind kind, int expert = 0, double factor = 1) {
  Intervention i;
  i.kind = kind;
  i.expert = expert;
  i.factor = factor;
  return i;
}

int firstMoe(const core::ModelConfig& config) {
  for (size_t l = 0; l < config.layer.size(); ++l) {
    if (config.layer[l].moe) return static_cast<int>(l);
  }
  return -1;
}

bool chose(const Trace& trace, int layer, int token, int expert) {
  const auto ids = trace.ints(Hook::RouterIds, layer, token);
  return std::find(ids.begin(), ids.end(), expert) != ids.end();
}

TEST(Interventions, AFactorOfOneChangesNotASingleBit) {
  Changed model("seed-7m");
  model.request.run.generate = 3;
  const IntervenedRun run = model.run({change(InterventionKind::Scale, 2, 1.0)});
  EXPECT_EQ(run.firstChanged, 0);
  const int T = run.original.tokens(Stream::Layer, 0);
  ASSERT_EQ(run.changed.tokens(Stream::Layer, 0), T);
  for (int layer = 0; layer < model.config().layers; ++layer) {
    EXPECT_EQ(run.changed.gatherFloats(Hook::Out, layer, 0, T), run.original.gatherFloats(Hook::Out, layer, 0, T));
    EXPECT_EQ(run.changed.gatherInts(Hook::RouterIds, layer, 0, T),
              run.original.gatherInts(Hook::RouterIds, layer, 0, T));
    EXPECT_EQ(run.changed.gatherFloats(Hook::LedgerNorm, layer, 0, T),
              run.original.gatherFloats(Hook::LedgerNorm, layer, 0, T));
  }
  for (const core::TokenDifference& d : run.tokens) EXPECT_EQ(d.kl, 0) << d.token;
  for (const core::LayerDifference& d : run.layers) EXPECT_EQ(d.firstToken, -1);
}

TEST(Interventions, ABannedExpertIsNotChosenAndTheLogitsStayTheModels) {
  Changed model("seed-7m");
  const IntervenedRun run = model.run({change(InterventionKind::Ban, 3)});
  const int first = firstMoe(model.config());
  int before = 0;
  for (int layer = first; layer < model.config().layers; ++layer) {
    for (int t = 0; t < run.changed.tokens(Stream::Layer, layer); ++t) {
      EXPECT_FALSE(chose(run.changed, layer, t, 3));
      before += chose(run.original, layer, t, 3);
    }
  }
  EXPECT_GT(before, 0);
  EXPECT_EQ(run.changed.gatherFloats(Hook::RouterLogits, first, 0, 10),
            run.original.gatherFloats(Hook::RouterLogits, first, 0, 10));
  EXPECT_EQ(run.changed.floats(Hook::RouterScores, first, 0)[3], 0);
  EXPECT_EQ(run.changed.info().interventions, std::vector<std::string>{"ban expert 3"});
}

TEST(Interventions, AForcedExpertTakesTheLastPlace) {
  Changed model("seed-7m");
  const IntervenedRun run = model.run({change(InterventionKind::Force, 7)});
  const int first = firstMoe(model.config());
  for (int t = 0; t < run.changed.tokens(Stream::Layer, first); ++t) {
    EXPECT_TRUE(chose(run.changed, first, t, 7));
    const auto before = run.original.ints(Hook::RouterIds, first, t),
               after = run.changed.ints(Hook::RouterIds, first, t);
    if (chose(run.original, first, t, 7)) {
      EXPECT_TRUE(std::equal(before.begin(), before.end(), after.begin()));
    } else {
      EXPECT_EQ(after[0], before[0]);
      EXPECT_EQ(after.back(), 7);
    }
  }
}

TEST(Interventions, AllForcedExpertsAreChosenHoweverTheyAreListed) {
  Changed model("seed-7m");
  const int first = firstMoe(model.config());
  ASSERT_EQ(model.config().router.chosen, 2);
  const IntervenedRun one = model.run({change(InterventionKind::Force, 7), change(InterventionKind::Force, 4)}),
                      other = model.run({change(InterventionKind::Force, 4), change(InterventionKind::Force, 7)});
  int chosenBefore = 0;
  for (int t = 0; t < one.changed.tokens(Stream::Layer, first); ++t) {
    for (const int expert : {4, 7}) {
      EXPECT_TRUE(chose(one.changed, first, t, expert)) << t;
      EXPECT_TRUE(chose(other.changed, first, t, expert)) << t;
      chosenBefore += chose(one.original, first, t, expert);
    }
  }
  EXPECT_GT(chosenBefore, 0);
}

TEST(InterventionList, NoneAtAllIsFineAndAPolicyThatLooksAheadMeetsNoOther) {
  Changed model("seed-7m");
  EXPECT_TRUE(core::Interventions::make({}, model.config()).has_value());
  Intervention ahead = change(InterventionKind::Policy), other = ahead;
  ahead.policy = core::defaultPolicy(core::PolicyKind::ExpertChoice, model.config().router);
  other.policy = core::defaultPolicy(core::PolicyKind::TokenChoice, model.config().router);
  for (const auto& list : {std::vector{ahead, other}, std::vector{other, ahead}, std::vector{ahead, ahead}}) {
    const auto made = core::Interventions::make(list, model.config());
    ASSERT_FALSE(made.has_value());
    EXPECT_NE(made.error().message.find("two policies meet in a layer"), std::string::npos) << made.error().message;
  }
  ahead.lastLayer = 1, other.firstLayer = 2;
  EXPECT_TRUE(core::Interventions::make({ahead, other}, model.config()).has_value());
}

TEST(Interventions, SwappedExpertsKeepTheWeightOfTheChoice) {
  Changed model("seed-7m");
  Intervention swap = change(InterventionKind::Swap, 1);
  swap.other = 4;
  swap.firstLayer = swap.lastLayer = firstMoe(model.config());
  const IntervenedRun run = model.run({swap});
  for (int t = 0; t < run.changed.tokens(Stream::Layer, swap.firstLayer); ++t) {
    const auto before = run.original.ints(Hook::RouterIds, swap.firstLayer, t),
               after = run.changed.ints(Hook::RouterIds, swap.firstLayer, t);
    for (size_t j = 0; j < before.size(); ++j) {
      EXPECT_EQ(after[j], before[j] == 1 ? 4 : before[j] == 4 ? 1 : before[j]);
      EXPECT_EQ(run.changed.floats(Hook::RouterWeights, swap.firstLayer, t)[j],
                run.original.floats(Hook::RouterWeights, swap.firstLayer, t)[j]);
    }
  }
}

TEST(Interventions, AnExpertScaledToNothingLeavesTheOtherWeights) {
  Changed model("seed-7m");
  Intervention silence = change(InterventionKind::Scale, 0, 0.0);
  silence.firstLayer = silence.lastLayer = firstMoe(model.config());
  const IntervenedRun run = model.run({silence});
  for (int t = 0; t < run.changed.tokens(Stream::Layer, silence.firstLayer); ++t) {
    const auto ids = run.original.ints(Hook::RouterIds, silence.firstLayer, t);
    for (size_t j = 0; j < ids.size(); ++j) {
      const float was = run.original.floats(Hook::RouterWeights, silence.firstLayer, t)[j];
      EXPECT_EQ(run.changed.floats(Hook::RouterWeights, silence.firstLayer, t)[j], ids[j] == 0 ? 0 : was);
    }
  }
}

TEST(Interventions, FewerAndMoreChoicesThanTheModelTakes) {
  for (const int k : {1, 4}) {
    Changed model("seed-7m");
    Intervention few = change(InterventionKind::K);
    few.k = k;
    few.fromToken = 5;
    const IntervenedRun run = model.run({few});
    const int columns = std::max(2, k), first = firstMoe(model.config());
    EXPECT_EQ(run.changed.config().router.chosen, columns);
    EXPECT_EQ(run.fromStart, k == 4);
    const auto before = run.changed.ints(Hook::RouterIds, first, 4),
               after = run.changed.ints(Hook::RouterIds, first, 5);
    ASSERT_EQ(after.size(), static_cast<size_t>(columns));
    EXPECT_EQ(std::count(before.begin(), before.end(), -1), columns - 2);
    EXPECT_EQ(std::count(after.begin(), after.end(), -1), columns - k);
    EXPECT_EQ(run.changed.columns(Hook::LedgerNorm, first), columns + 5);
  }
}

TEST(Interventions, TheSharedExpertIsSilencedFromATokenOn) {
  Changed model("qwen2_moe-gated-shared");
  Intervention silence = change(InterventionKind::SharedScale, 0, 0.0);
  silence.fromToken = 3;
  const IntervenedRun run = model.run({silence});
  const int first = firstMoe(model.config());
  const auto before = run.changed.floats(Hook::Shared, first, 2), after = run.changed.floats(Hook::Shared, first, 3);
  EXPECT_TRUE(std::any_of(before.begin(), before.end(), [](float x) { return x != 0; }));
  EXPECT_TRUE(std::all_of(after.begin(), after.end(), [](float x) { return x == 0; }));
  EXPECT_EQ(run.firstChanged, 3);
}

TEST(Interventions, RunningAgainFromTheFirstChangedTokenIsRunningAgainFromTheStart) {
  Changed model("seed-7m");
  Intervention ban = change(InterventionKind::Ban, 3);
  ban.fromToken = 6;
  Intervention nothing = change(InterventionKind::Scale, 5, 1.0);
  nothing.toToken = 0;
  const IntervenedRun forked = model.run({ban}), whole = model.run({ban, nothing});
  EXPECT_EQ(forked.firstChanged, 6);
  EXPECT_EQ(whole.firstChanged, 0);
  const int T = whole.changed.tokens(Stream::Layer, 0);
  for (int layer = 0; layer < model.config().layers; ++layer) {
    for (const Hook hook :
         {Hook::RouterIds, Hook::RouterLogits, Hook::RouterWeights, Hook::Out, Hook::LedgerOutputShare}) {
      EXPECT_EQ(forked.changed.gatherInts(hook, layer, 0, T), whole.changed.gatherInts(hook, layer, 0, T));
      const auto one = forked.changed.gatherFloats(hook, layer, 0, T),
                 two = whole.changed.gatherFloats(hook, layer, 0, T);
      ASSERT_EQ(one.size(), two.size());
      for (size_t i = 0; i < one.size(); ++i)
        ASSERT_NEAR(one[i], two[i], 2e-4) << core::hookInfo(hook).name << " " << i;
    }
  }
  EXPECT_EQ(forked.changed.tokens(Stream::HeadNext), whole.changed.tokens(Stream::HeadNext));
}

TEST(Interventions, DivergenceIsThatOfTheRecordedLogits) {
  Changed model("seed-7m");
  model.request.target = 5;
  const IntervenedRun run = model.run({change(InterventionKind::Ban, 3)});
  const int token = 7;
  const auto softmax = [&](const Trace& trace) {
    const auto logits = trace.floats(Hook::Logits, 0, token);
    double sum = 0;
    std::vector<double> p;
    for (const float l : logits) p.push_back(std::exp(static_cast<double>(l))), sum += p.back();
    for (double& x : p) x /= sum;
    return p;
  };
  const auto before = softmax(run.original), after = softmax(run.changed);
  double kl = 0;
  for (size_t v = 0; v < before.size(); ++v) kl += before[v] * std::log(before[v] / after[v]);
  const core::TokenDifference& d = run.tokens[static_cast<size_t>(token)];
  EXPECT_EQ(d.token, token);
  EXPECT_NEAR(d.kl, kl, 1e-9 + 1e-6 * kl);
  EXPECT_GT(d.kl, 0);
  EXPECT_NEAR(d.targetBefore, before[5], 1e-9);
  EXPECT_NEAR(d.targetAfter, after[5], 1e-9);
  EXPECT_TRUE(std::isnan(d.distractorBefore));
}

TEST(Interventions, ACapacityMakesADroplessModelDrop) {
  Changed model("seed-7m");
  model.request.run.generate = 2;
  Intervention tight = change(InterventionKind::Capacity);
  tight.capacityFactor = 0.5;
  const IntervenedRun run = model.run({tight});
  EXPECT_TRUE(run.fromStart);
  EXPECT_NE(run.label.find("the prompt queues as one group"), std::string::npos) << run.label;
  const int first = firstMoe(model.config());
  const core::LayerDispatch d = core::dispatchOf(run.changed, first);
  ASSERT_TRUE(d.exists);
  EXPECT_FALSE(d.simulated);
  EXPECT_EQ(d.queued, run.changed.promptTokens());
  EXPECT_GT(std::count(d.kept.begin(), d.kept.end(), 0), 0);
  for (size_t at = static_cast<size_t>(d.queued) * 2; at < d.kept.size(); ++at) EXPECT_EQ(d.kept[at], 1);
  // The slots are those of a queue over the prompt's own choices.
  const auto ids = run.changed.gatherInts(Hook::RouterIds, first, 0, d.queued);
  std::vector<int32_t> slot, kept;
  core::queueChoices(ids, model.config().router.experts, 2, d.capacity, slot, kept);
  EXPECT_EQ(std::vector<int32_t>(d.slot.begin(), d.slot.begin() + static_cast<ptrdiff_t>(slot.size())), slot);
  EXPECT_EQ(std::vector<int32_t>(d.kept.begin(), d.kept.begin() + static_cast<ptrdiff_t>(kept.size())), kept);
}

TEST(Interventions, APolicyChoosesInTheRunWhatItsReplayChoosesInTheFirstLayer) {
  const int first = firstMoe(Changed("seed-7m").config());
  for (const char* name : {"gumbel", "top-p", "expert-choice", "sinkhorn", "skywork-norm", "hash-router"}) {
    Changed model("seed-7m");
    const core::RouterConfig& router = model.config().router;
    Intervention policy = change(InterventionKind::Policy);
    policy.policy = core::defaultPolicy(*core::policyNamed(name), router);
    policy.policy.seed = 4;
    const IntervenedRun run = model.run({policy});
    core::ThreadPool pool(1);
    const auto replayed = core::replay(run.original, core::replayBy(policy.policy), pool);
    ASSERT_TRUE(replayed.has_value()) << replayed.error().message;
    for (int t = 0; t < run.changed.tokens(Stream::Layer, first); ++t) {
      const auto ran = run.changed.ints(Hook::RouterIds, first, t), open = replayed->ints(Hook::RouterIds, first, t);
      for (size_t j = 0; j < ran.size(); ++j)
        ASSERT_EQ(ran[j], j < open.size() ? open[j] : -1) << name << " token " << t;
    }
  }
}

TEST(Interventions, APolicyThatLooksAheadDoesNotGenerate) {
  Changed model("seed-7m");
  model.request.run.generate = 2;
  Intervention policy = change(InterventionKind::Policy);
  policy.policy = core::defaultPolicy(core::PolicyKind::ExpertChoice, model.config().router);
  const auto run = model.tryRun({policy});
  ASSERT_FALSE(run.has_value());
  EXPECT_NE(run.error().message.find("cannot generate"), std::string::npos) << run.error().message;
}

TEST(Interventions, WhatTheModelDoesNotHaveIsRefused) {
  Changed model("mixtral-sharded");
  const auto message = [&](std::vector<Intervention> list) {
    return core::Interventions::make(std::move(list), model.config()).error().message;
  };
  const int E = model.config().router.experts;
  EXPECT_EQ(message({change(InterventionKind::Ban, E)}),
            fmt::format("interventions[0] (ban): expected an expert from 0 to {}, found {}", E - 1, E));
  EXPECT_EQ(message({change(InterventionKind::SharedScale)}),
            "interventions[0] (shared_scale): this model has no shared expert");
  EXPECT_EQ(message({change(InterventionKind::Temperature, 0, 0)}),
            "interventions[0] (temperature): expected a temperature above 0, found 0");
  std::vector<Intervention> bans;
  for (int e = 0; e < E; ++e) bans.push_back(change(InterventionKind::Ban, e));
  EXPECT_NE(message(bans).find("bans leave 0 of"), std::string::npos);
}

TEST(InterventionList, BansAreCountedWhereTheyMeet) {
  Changed model("qwen2_moe-gated-shared");
  const int E = model.config().router.experts, k = model.config().router.chosen;
  std::vector<Intervention> inTurn, again, byId;
  for (int n = 0; n < 2 * E; ++n) {
    inTurn.push_back(change(InterventionKind::Ban, n % E));
    inTurn.back().firstLayer = inTurn.back().lastLayer = n % 2;
    inTurn.back().fromToken = inTurn.back().toToken = n;
    again.push_back(change(InterventionKind::Ban, 1));
    byId.push_back(change(InterventionKind::Ban, n % E));
    byId.back().tokenId = n;
  }
  for (const auto& list : {inTurn, again, byId}) {
    const auto made = core::Interventions::make(list, model.config());
    EXPECT_TRUE(made.has_value()) << (made ? "" : made.error().message);
  }
  std::vector<Intervention> late;
  for (int e = 0; e <= E - k; ++e) {
    late.push_back(change(InterventionKind::Ban, e));
    late.back().fromToken = e;
    late.back().lastLayer = 1;
  }
  EXPECT_EQ(core::Interventions::make(late, model.config()).error().message,
            fmt::format("interventions in layer 0 at token {}: {} bans leave {} of {} experts, expected at least k {}",
                        E - k, E - k + 1, k - 1, E, k));
}

TEST(InterventionList, ABannedExpertIsNeverChosenWhereGroupsAreShort) {
  Changed model("deepseek_v3-groups");
  const core::RouterConfig& router = model.config().router;
  const int inGroup = router.experts / router.groups;
  std::vector<Intervention> bans;
  for (int e = 0; e < router.experts; ++e) {
    if (e % inGroup > 0) bans.push_back(change(InterventionKind::Ban, e));
  }
  const auto refused = core::Interventions::make(bans, model.config());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("a token may use no other groups"), std::string::npos)
      << refused.error().message;
  const IntervenedRun run = model.run({change(InterventionKind::Ban, 0), change(InterventionKind::Ban, inGroup)});
  int seen = 0;
  for (int layer = firstMoe(model.config()); layer < model.config().layers; ++layer) {
    for (int t = 0; t < run.changed.tokens(Stream::Layer, layer); ++t) {
      for (const int32_t id : run.changed.ints(Hook::RouterIds, layer, t)) {
        EXPECT_TRUE(id != 0 && id != inGroup) << layer << " " << t;
        ++seen;
      }
    }
  }
  EXPECT_GT(seen, 0);
}

TEST(InterventionList, WhatAPolicyCannotDoIsRefusedBeforeTheRun) {
  const auto problem = [](const char* name, std::vector<Intervention> list) {
    const auto made = core::Interventions::make(std::move(list), Changed(name).config());
    return made ? std::string() : made.error().message;
  };
  Intervention one = change(InterventionKind::K);
  one.k = 1;
  EXPECT_NE(problem("phimoe-longrope", {one}).find("sparsemixer: expected k 2"), std::string::npos);
  const auto policy = [&](const char* model, core::PolicyKind kind) {
    Intervention i = change(InterventionKind::Policy);
    i.policy = core::defaultPolicy(kind, Changed(model).config().router);
    return i;
  };
  const char* plain = "qwen2_moe-gated-shared";
  const Intervention ban = change(InterventionKind::Ban, 1);
  EXPECT_EQ(problem(plain, {policy(plain, core::PolicyKind::TopP), ban}), "") << "a ragged choice needs one expert";
  EXPECT_NE(problem(plain, {policy(plain, core::PolicyKind::Hash), ban}).find("hash-router does not go with ban"),
            std::string::npos);
  EXPECT_NE(problem(plain, {policy(plain, core::PolicyKind::ExpertAttention)}).find("cannot be computed from logits"),
            std::string::npos);
  EXPECT_EQ(problem("yuan-m32", {policy("yuan-m32", core::PolicyKind::ExpertAttention)}), "") << "its own";
  EXPECT_NE(problem(plain, {change(InterventionKind::Scale, 1, 1e300)}).find("a factor that a float holds"),
            std::string::npos);
  EXPECT_NE(problem(plain, {change(InterventionKind::Temperature, 0, 1e-300)}).find("a temperature above 0"),
            std::string::npos);
  Intervention past = ban;
  past.lastLayer = Changed(plain).config().layers;
  EXPECT_NE(problem(plain, {past}).find("expected layers from 0"), std::string::npos);
}

TEST(InterventionList, SlotsAreCountedForTheKThatActsOnTheWholeRun) {
  Changed model("qwen2_moe-gated-shared");
  Intervention k = change(InterventionKind::K), slots = change(InterventionKind::Capacity);
  k.k = 1;
  slots.rule = core::CapacityRule::Gshard;
  slots.capacityFactor = 1.0;
  const auto slotsOf = [&](const std::vector<Intervention>& list) {
    const auto made = core::Interventions::make(list, model.config());
    EXPECT_TRUE(made.has_value());
    return (*made)->slotsAnExpert(model.config().router, 64, {}, {}).value();
  };
  const int E = model.config().router.experts, K = model.config().router.chosen;
  EXPECT_EQ(slotsOf({slots}), core::capacity(core::CapacityRule::Gshard, {64, E, K, 1.0, 0}).value());
  EXPECT_EQ(slotsOf({k, slots}), core::capacity(core::CapacityRule::Gshard, {64, E, 1, 1.0, 0}).value());
  Intervention switched = slots;
  switched.rule = core::CapacityRule::Switch;
  EXPECT_TRUE(core::Interventions::make({k, switched}, model.config()).has_value()) << "its rule is one of k 1";
  k.fromToken = 3;
  EXPECT_EQ(slotsOf({k, slots}), core::capacity(core::CapacityRule::Gshard, {64, E, K, 1.0, 0}).value());
}

TEST(InterventionList, ACapacityNamesTheRuleThatActs) {
  const auto text = [](const char* name) {
    const Changed model(name);
    const auto made = core::Interventions::make({change(InterventionKind::Capacity)}, model.config());
    return core::interventionText((*made)->list().front(), model.config().layers);
  };
  EXPECT_EQ(text("qwen2_moe-gated-shared"), "capacity gshard x 1");
  EXPECT_EQ(text("openmoe-base"), "capacity own rule x own");
}

TEST(InterventionList, BesideARouterOfAttentionSaysWhichRouterItActsOn) {
  Changed model("jetmoe-moa");
  const std::string label = model.run({change(InterventionKind::Ban, 1)}).label;
  EXPECT_TRUE(label.ends_with("; changes act on the block's router alone, not on the attention's")) << label;
  Changed plain("qwen2_moe-gated-shared");
  EXPECT_EQ(plain.run({change(InterventionKind::Ban, 1)}).label.find("attention"), std::string::npos);
}

TEST(InterventionList, ThatNeverActsSaysSo) {
  Changed model("qwen2_moe-gated-shared");
  Intervention late = change(InterventionKind::Ban, 1);
  late.fromToken = 100000;
  const IntervenedRun run = model.run({late});
  EXPECT_TRUE(run.label.ends_with("no token of this run is changed")) << run.label;
}

TEST(InterventionFile, IsReadAsItsHeaderSays) {
  const Changed model("qwen2_moe-gated-shared");
  const auto file = core::parseInterventions(
      R"({"schema": "expertscope.intervention", "version": 1, "target": 3, "interventions": [
        {"kind": "ban", "expert": 3, "layers": [1, 2], "from": 7}, {"kind": "swap", "expert": 1, "with": 2, "token_id": 9},
        {"kind": "policy", "policy": "gumbel", "k": 1, "seed": 8}, {"kind": "capacity", "rule": "tutel", "factor": 0.5}]})",
      "f.json", model.config());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  std::string words;
  for (const Intervention& i : file->list) words += core::interventionText(i, 4) + "\n";
  EXPECT_EQ(words,
            "ban expert 3 in layers 1 to 2 from token 7 on\nswap experts 1 and 2 for token id 9\ngumbel, k 1\ncapacity "
            "tutel x 0.5\n");
  EXPECT_EQ(file->target, 3);
  EXPECT_FALSE(file->distractor);
}

TEST(InterventionFile, APolicyTakesItsFactorItsScaleAndTheWeightsItHas) {
  const Changed model("qwen2_moe-gated-shared");
  const auto file = core::parseInterventions(
      R"({"interventions": [{"kind": "policy", "policy": "expert-choice", "factor": 1},
                            {"kind": "policy", "policy": "grouped-topk", "weights": "sigmoid_renorm", "scale": 2.5},
                            {"kind": "policy", "policy": "global-choice", "weights": "renorm"},
                            {"kind": "policy", "policy": "expert-choice", "factor": 1.5}]})",
      "f.json", model.config());
  ASSERT_TRUE(file.has_value()) << file.error().message;
  EXPECT_EQ(file->list[0].policy.factor, 1.0);
  EXPECT_EQ(file->list[0].policy.K, 1) << "slots are counted for the mean that acts";
  EXPECT_EQ(core::interventionText(file->list[0], 4), "expert-choice, k 1");
  EXPECT_TRUE(file->list[1].policy.sigmoid);
  EXPECT_TRUE(file->list[1].policy.renorm);
  EXPECT_EQ(file->list[1].policy.scale, 2.5);
  EXPECT_TRUE(file->list[2].policy.renorm);
  EXPECT_EQ(core::interventionText(file->list[3], 4), "expert-choice, k 1.5");
}

TEST(InterventionFile, KeysThatThePolicyDoesNotReadAreRefused) {
  const Changed model("qwen2_moe-gated-shared");
  const auto message = [&](const std::string& policy, const std::string& more = "") {
    const auto file = core::parseInterventions(
        R"({"interventions": [{"kind": "policy", "policy": )" + policy + "}" + more + "]}", "f.json", model.config());
    return file ? "read" : file.error().message;
  };
  EXPECT_EQ(
      message(R"("token-choice", "jitter": 0.1)"),
      "f.json.interventions[0].jitter: token-choice does not read it as it is set here; it is read by sparsemixer");
  EXPECT_EQ(message(R"("hash-router", "seed": 1)"),
            "f.json.interventions[0].seed: hash-router does not read it as it is set here; it is read by gumbel, "
            "noisy-topk, hash-router with splitmix, reinforce");
  EXPECT_EQ(message(R"("hash-router", "seed": 1, "hash": "splitmix")"), "read");
  EXPECT_NE(message(R"("expert-choice", "factor": 1, "k": 2)"), "read");
  EXPECT_NE(message(R"("top-p", "k": 2)"), "read");
  EXPECT_EQ(message(R"("top-p", "k": 2)", R"(, {"kind": "capacity", "factor": 1})"), "read") << "slots are counted";
  EXPECT_EQ(message(R"("grouped-topk", "weights": "double_softmax")"),
            "f.json.interventions[0].weights: grouped-topk takes raw, renorm, sigmoid, sigmoid_renorm, found "
            "double_softmax");
  EXPECT_EQ(message(R"("gumbel", "weights": "raw")"),
            "f.json.interventions[0].weights: gumbel has weights of its own, found raw");
  EXPECT_EQ(message(R"("soft-moe", "jitter": 1)"), "read") << "refused by make, for being locked";
}

TEST(InterventionFile, MistakesAreNamedWithTheirPlace) {
  const Changed model("qwen2_moe-gated-shared");
  const auto message = [&](std::string_view text) {
    const auto file = core::parseInterventions(text, "f.json", model.config());
    return file ? "read" : file.error().message;
  };
  EXPECT_EQ(message("[]"), "f.json: expected an object with a list of interventions");
  EXPECT_EQ(message(R"({"interventions": []})"), "f.json.interventions: expected a list with at least one");
  EXPECT_EQ(message(R"({"interventions": [{"kind": "policy", "policy": "hash-router", "hash": "splitmix"},
                       {"kind": "policy", "policy": "expert-choice", "rounding": "floor"},
                       {"kind": "policy", "policy": "grouped-topk", "group_score": "top2sum"}]})"),
            "read");
  EXPECT_EQ(message(R"({"interventions": [{"kind": "policy", "policy": "hash-router", "hash": "md5"}]})"),
            "f.json.interventions[0].hash: expected mod or splitmix, found md5");
  EXPECT_EQ(message(R"({"interventions": [{"kind": "ban"}]})"), "f.json.interventions[0].expert: missing");
  EXPECT_EQ(message(R"({"interventions": [{"kind": "ban", "expert": -1}]})"),
            "f.json.interventions[0].expert: expected a whole number from 0 to 4096, found -1");
  EXPECT_EQ(message(R"({"interventions": [{"kind": "ban", "expert": 1, "by": 2}]})"),
            "f.json.interventions[0]: this kind has no \"by\"");
  EXPECT_NE(message(R"({"interventions": [{"kind": "burn"}]})").find("found burn"), std::string::npos);
  EXPECT_EQ(message(R"({"interventions": [{"kind": "k", "k": 1}], "more": 1})"), "f.json: expected no key more");
}

}  // namespace
