#include <gtest/gtest.h>

#include <cmath>

#include "core/engine/cpu_engine.h"
#include "core/engine/ops.h"
#include "core/engine/ops_fast.h"
#include "core/engine/run.h"
#include "core/model/loader.h"
#include "core/trace/dispatch.h"
#include "tests/support/golden_model.h"
#include "tests/support/support.h"

namespace {

using core::Hook;

core::Trace traceOf(const std::string& name, core::Capture capture, int generate,
                    int64_t ledgerBytes = int64_t{48} << 20) {
  const test::GoldenModel golden = test::loadGoldenModel(name);
  auto engine = core::makeCpuEngine(golden.model, 2);
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = generate;
  request.capture = capture;
  request.ledgerBytes = ledgerBytes;
  auto session = core::Session::start(*engine, request);
  EXPECT_TRUE(session) << session.error().message;
  return (*session)->trace();
}

class Ledger : public testing::TestWithParam<std::string> {};

TEST_P(Ledger, ProjectionsAddUpToTheNormsOfOutputAndUpdate) {
  const core::Trace trace = traceOf(GetParam(), core::Capture::Ledger, 3);
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    for (int token = 0; token < trace.tokens(core::Stream::Layer, layer); ++token) {
      double out = 0, update = 0;
      for (float part : trace.floats(Hook::LedgerOutputShare, layer, token)) out += part;
      for (float part : trace.floats(Hook::LedgerUpdateShare, layer, token)) update += part;
      const float outNorm = trace.floats(Hook::LedgerOutNorm, layer, token)[0];
      const float updateNorm = trace.floats(Hook::LedgerUpdateNorm, layer, token)[0];
      ASSERT_NEAR(out, outNorm, 1e-4 * outNorm);
      ASSERT_NEAR(update, updateNorm, 1e-4 * updateNorm);
    }
  }
}

// A bias that follows the routed sum is no expert's part and nobody else's: it is what remains.
TEST_P(Ledger, NothingIsLeftOverWhenThePartsAreWhatTheLayerAdded) {
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  const core::Trace trace = traceOf(GetParam(), core::Capture::Ledger, 0);
  const core::LedgerParts parts{trace.config().router.chosen};
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    double bias = 0;
    for (const float value : core::fast::widened(golden.model->weights.layer[static_cast<size_t>(layer)].routedBias)) {
      bias += static_cast<double>(value) * value;
    }
    for (int token = 0; token < trace.promptTokens(); ++token) {
      const auto norm = trace.floats(Hook::LedgerNorm, layer, token);
      ASSERT_EQ(static_cast<int>(norm.size()), parts.count());
      ASSERT_NEAR(norm[static_cast<size_t>(parts.remainder())], std::sqrt(bias),
                  1e-5 * trace.floats(Hook::LedgerOutNorm, layer, token)[0]);
    }
  }
}

// What the biases of the final norm and of the output matrix add to a logit; no part's doing.
double fromBiases(const core::Model& model, int32_t id) {
  const core::Weights& w = model.weights;
  double sum = w.output.bias ? core::ops::element(w.output.bias, id) : 0;
  for (int64_t d = 0; w.finalNorm.bias && d < model.config.width; ++d) {
    sum += static_cast<double>(core::ops::element(w.finalNorm.bias, d)) *
           core::ops::element(w.output.weight, id * model.config.width + d);
  }
  return sum * model.config.logitScale;
}

// The logit is linear in the parts while the final norm's scale is held: the embedding's push and all that the layers
// added must give back the logit itself.
TEST_P(Ledger, PushesOfAllPartsAddUpToTheLogit) {
  const core::Trace trace = traceOf(GetParam(), core::Capture::Full, 3);
  const test::GoldenModel golden = test::loadGoldenModel(GetParam());
  const core::LedgerParts parts{trace.config().router.chosen};
  for (const auto& [hook, rows] : {std::pair{Hook::LedgerPredictedEffect, trace.length() - 1},
                                   std::pair{Hook::LedgerActualEffect, trace.length() - 1}}) {
    ASSERT_EQ(trace.tokens(hook), rows);
    for (int token = 0; token < rows; ++token) {
      double sum = 0;
      for (int layer = 0; layer < trace.config().layers; ++layer) {
        const auto push = trace.floats(hook, layer, token);
        for (int p = layer == 0 ? 0 : 1; p < parts.count(); ++p) sum += push[static_cast<size_t>(p)];
      }
      const int32_t id = hook == Hook::LedgerPredictedEffect ? trace.ints(Hook::TopIds, 0, token)[0]
                                                             : trace.ids()[static_cast<size_t>(token) + 1];
      const float logit = trace.floats(Hook::Logits, 0, token)[static_cast<size_t>(id)];
      sum += fromBiases(*golden.model, id);
      ASSERT_NEAR(sum, logit, 2e-4 * std::max(1.f, std::fabs(logit)))
          << core::hookInfo(hook).name << " token " << token;
    }
  }
}

TEST_P(Ledger, ASecondPassGivesTheSamePushesAsTheTape) {
  const core::Trace taped = traceOf(GetParam(), core::Capture::Ledger, 2);
  const core::Trace again = traceOf(GetParam(), core::Capture::Ledger, 2, 1024);
  for (Hook hook : {Hook::LedgerPredictedEffect, Hook::LedgerActualEffect}) {
    for (int layer = 0; layer < taped.config().layers; ++layer) {
      const int rows = taped.tokens(hook, layer);
      ASSERT_EQ(again.tokens(hook, layer), rows);
      const auto a = taped.gatherFloats(hook, layer, 0, rows), b = again.gatherFloats(hook, layer, 0, rows);
      for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 2e-4);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Ledger, testing::ValuesIn(test::goldenModelNames()), [](const auto& example) {
  std::string name = example.param;
  for (char& c : name) {
    if (c == '-') c = '_';
  }
  return name;
});

TEST(Recorder, SurprisalAndEntropyAreThoseOfTheLogits) {
  const core::Trace trace = traceOf("seed-7m", core::Capture::Full, 4);
  ASSERT_EQ(trace.tokens(Hook::Surprisal), trace.length() - 1);
  for (int token = 0; token < trace.length() - 1; ++token) {
    const auto logits = trace.floats(Hook::Logits, 0, token);
    double total = 0;
    for (float logit : logits) total += std::exp(static_cast<double>(logit));
    double entropy = 0;
    for (float logit : logits) entropy -= std::exp(logit - std::log(total)) * (logit - std::log(total));
    const double surprisal = std::log(total) - logits[static_cast<size_t>(trace.ids()[static_cast<size_t>(token) + 1])];
    EXPECT_NEAR(trace.floats(Hook::Surprisal, 0, token)[0], surprisal, 1e-4);
    EXPECT_NEAR(trace.floats(Hook::PredictionEntropy, 0, token)[0], entropy, 1e-4);
  }
}

// The second run gets memory in which the first one's parts still lie, and its prompt is shorter.
TEST(Recorder, ARunInMemoryThatAnotherLetGoIsTheSame) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  const auto start = [&](const std::shared_ptr<core::Engine>& engine, std::vector<int32_t> ids) {
    core::RunRequest request;
    request.ids = std::move(ids);
    request.generate = 2;
    return core::Session::start(engine, request);
  };
  const std::vector<int32_t> whole = golden.ids();
  const std::vector<int32_t> part(whole.begin(), whole.begin() + 3);
  const auto fresh = core::makeCpuEngine(golden.model, 2), used = core::makeCpuEngine(golden.model, 2);
  ASSERT_TRUE(start(*used, whole));
  const auto one = start(*fresh, part), other = start(*used, part);
  ASSERT_TRUE(one && other);
  const core::Trace &a = (*one)->trace(), &b = (*other)->trace();
  for (Hook hook : {Hook::LedgerNorm, Hook::LedgerPredictedEffect, Hook::LedgerActualEffect}) {
    for (int layer = 0; layer < a.config().layers; ++layer) {
      ASSERT_GT(a.tokens(hook, layer), 0);
      EXPECT_EQ(a.gatherFloats(hook, layer, 0, a.tokens(hook, layer)),
                b.gatherFloats(hook, layer, 0, b.tokens(hook, layer)));
    }
  }
}

TEST(Trace, WhatIsAddedToATraceThatIsGivenAwayDoesNotReachItsCopies) {
  const auto row = [](int token) {
    return core::Block{core::Stream::HeadNext, 0, token, 1, {{Hook::Surprisal, 1, {static_cast<float>(token)}, {}}}};
  };
  auto info = std::make_shared<core::RunInfo>();
  info->config = std::make_shared<const core::ModelConfig>();
  core::Trace trace(info);
  std::vector<core::Trace> copies;
  for (int token = 0; token < 40; ++token) {
    copies.push_back(trace);
    trace = std::move(trace).with(row(token));
  }
  copies.push_back(trace);
  for (int held = 0; held <= 40; ++held) {
    const core::Trace& copy = copies[static_cast<size_t>(held)];
    ASSERT_EQ(copy.tokens(core::Stream::HeadNext), held);
    for (int token = 0; token < held; ++token)
      ASSERT_EQ(copy.floats(Hook::Surprisal, 0, token)[0], static_cast<float>(token));
  }
}

TEST(Recorder, TheMarginIsTheGapBetweenTheLastChosenAndTheFirstPassedOver) {
  const core::Trace trace = traceOf("qwen2_moe-gated-shared", core::Capture::Routing, 0);
  for (int token = 0; token < trace.promptTokens(); ++token) {
    const auto scores = trace.floats(Hook::RouterScores, 1, token);
    std::vector<float> sorted(scores.begin(), scores.end());
    std::sort(sorted.begin(), sorted.end(), std::greater<>());
    const auto K = static_cast<size_t>(trace.config().router.chosen);
    EXPECT_FLOAT_EQ(trace.floats(Hook::RouterMargin, 1, token)[0], sorted[K - 1] - sorted[K]);
  }
}

TEST(Recorder, RoutingCaptureKeepsNoTensorsAndNoLedger) {
  const core::Trace trace = traceOf("seed-7m", core::Capture::Routing, 2);
  EXPECT_TRUE(trace.has(Hook::RouterLogits, 5));
  EXPECT_TRUE(trace.has(Hook::TopIds));
  EXPECT_FALSE(trace.has(Hook::LedgerNorm, 0));
  EXPECT_FALSE(trace.has(Hook::Out, 0));
  EXPECT_FALSE(trace.has(Hook::Logits));
}

TEST(Session, ACancelledRunKeepsWhatItHasAndCanGoOn) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  auto engine = core::makeCpuEngine(golden.model, 2);
  core::RunRequest request;
  request.ids = golden.ids();
  request.capture = core::Capture::Ledger;
  request.chunk = 8;
  int calls = 0;
  core::RunCallbacks stop;
  stop.progress = [&](const core::RunProgress&) { return ++calls < 10; };
  auto session = core::Session::start(*engine, request, stop);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE((*session)->result().cancelled);
  EXPECT_LT((*session)->trace().tokens(core::Stream::Layer, 5), golden.ids().size());
  ASSERT_TRUE((*session)->generate(golden.greedyTokens()));
  EXPECT_FALSE((*session)->result().cancelled);
  EXPECT_EQ(
      test::differences("greedy", test::fromTrace((*session)->trace(), "greedy"), golden.expected.at("greedy"), 0, 0),
      "");
}

TEST(Session, AModelFileThatIsCutShortWhileItRunsIsAnErrorThatNamesIt) {
  const test::ScratchFolder scratch;
  for (const char* name : {"config.json", "model.safetensors"}) {
    std::filesystem::copy_file(test::asset("models/seed-7m") / name, scratch.path() / name);
  }
  auto model = core::loadModel(scratch.path(), "copy");
  ASSERT_TRUE(model) << model.error().message;
  auto engine = core::makeCpuEngine(*model, 2);
  core::RunRequest request;
  request.ids = test::loadGoldenModel("seed-7m").ids();
  request.chunk = 4;
  core::RunCallbacks callbacks;
  callbacks.progress = [&](const core::RunProgress& progress) {
    if (progress.share > 0.3) std::filesystem::resize_file(scratch.path() / "model.safetensors", 4096);
    return true;
  };
  auto session = core::Session::start(*engine, request, callbacks);
  ASSERT_FALSE(session);
  EXPECT_NE(session.error().message.find("model.safetensors"), std::string::npos) << session.error().message;
}

TEST(Session, GeneratingInStepsIsTheSameAsAtOnce) {
  const test::GoldenModel golden = test::loadGoldenModel("openmoe-base");
  auto engine = core::makeCpuEngine(golden.model, 1);
  core::RunRequest request;
  request.ids = golden.ids();
  auto session = core::Session::start(*engine, request);
  for (int i = 0; i < golden.greedyTokens(); ++i) ASSERT_TRUE((*session)->generate(1));
  const core::Trace& trace = (*session)->trace();
  EXPECT_EQ(test::differences("greedy", test::fromTrace(trace, "greedy"), golden.expected.at("greedy"), 0, 0), "");
  EXPECT_EQ(trace.tokens(Hook::LedgerActualEffect, 3), trace.length() - 1);
}

TEST(Session, PromptsThatCannotRunAreRefusedWithTheLimit) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  auto engine = core::makeCpuEngine(golden.model, 1);
  const auto refusal = [&](std::vector<int32_t> ids) {
    core::RunRequest request;
    request.ids = std::move(ids);
    auto session = core::Session::start(*engine, request);
    return session ? std::string("accepted") : session.error().message;
  };
  EXPECT_NE(refusal({}).find("empty"), std::string::npos);
  EXPECT_NE(refusal({5, 4096}).find("expected 0 to 4095"), std::string::npos);
  EXPECT_NE(refusal({-1}).find("outside the vocabulary"), std::string::npos);
  EXPECT_NE(refusal(std::vector<int32_t>(257, 1)).find("at most 256"), std::string::npos);
}

TEST(Session, GenerationEndsAtTheContextLimitAndSaysSo) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  auto engine = core::makeCpuEngine(golden.model, 2);
  core::RunRequest request;
  request.ids = std::vector<int32_t>(250, 300);
  request.generate = 20;
  request.capture = core::Capture::Routing;
  auto session = core::Session::start(*engine, request);
  ASSERT_TRUE(session) << session.error().message;
  EXPECT_TRUE((*session)->result().endedAtContextLimit);
  EXPECT_EQ((*session)->trace().length(), 257);  // the last one is named but not run
}

TEST(Session, SamplingDependsOnSeedAndPositionAlone) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  auto engine = core::makeCpuEngine(golden.model, 2);
  const auto sampled = [&](uint64_t seed) {
    core::RunRequest request;
    request.ids = golden.ids();
    request.generate = 12;
    request.capture = core::Capture::None;
    request.sampling = {.temperature = 1.0, .topK = 40, .topP = 0.9, .seed = seed};
    return (*core::Session::start(*engine, request))->trace().ids();
  };
  EXPECT_EQ(sampled(1), sampled(1));
  EXPECT_NE(sampled(1), sampled(2));
}

TEST(Dispatch, SimulatedDropsQueueFirstChoicesBeforeSecondChoices) {
  const test::GoldenModel golden = test::loadGoldenModel("seed-7m");
  auto engine = core::makeCpuEngine(golden.model, 2);
  core::RunRequest request;
  request.ids = golden.ids();
  request.generate = 24;
  request.capture = core::Capture::Routing;
  request.capacityFactor = 1.0;
  auto session = core::Session::start(*engine, request);
  const core::LayerDispatch layer = core::dispatchOf((*session)->trace(), 3);
  EXPECT_TRUE(layer.exists && layer.simulated);
  EXPECT_EQ(layer.tokens, 59);
  EXPECT_EQ(layer.capacity, 8);  // ceil(2 * 59 / 16)
  std::vector<int> served(16, 0);
  for (size_t rank = 0; rank < 2; ++rank) {
    for (int token = 0; token < layer.tokens; ++token) {
      const int32_t expert = (*session)->trace().ints(Hook::RouterIds, 3, token)[rank];
      const size_t at = static_cast<size_t>(token) * 2 + rank;
      ASSERT_EQ(layer.slot[at], served[static_cast<size_t>(expert)]++);
      ASSERT_EQ(layer.kept[at], layer.slot[at] < 8);
    }
  }
}

}  // namespace
