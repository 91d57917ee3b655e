// Interventions on the GPU engine: the changed run is the CPU engine's, for every family and every kind of change.
#include "core/engine/intervention.h"

#include "core/engine/cpu_engine.h"
#include "core/engine/intervened_run.h"
#include "core/engine/router_policy.h"
#include "core/trace/dispatch.h"
#include "tests/gpu/test_device.h"
#include "tests/support/golden_model.h"

namespace {

using core::IntervenedRun;
using core::Intervention;
using Kind = core::InterventionKind;

Intervention change(Kind kind, int expert = 0, double factor = 1, int fromToken = 0) {
  Intervention i;
  i.kind = kind;
  i.expert = i.k = expert;
  i.other = 0;
  i.factor = factor;
  i.fromToken = fromToken;
  return i;
}

class BothDevices {
 public:
  explicit BothDevices(const std::string& name, const gpu::GpuOptions& options = test::gpuOptions(false))
      : m_golden(test::loadGoldenModel(name)) {
    m_cpu = *core::makeCpuEngine(m_golden.model, 2);
    auto engine = gpu::makeGpuEngine(m_golden.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    m_gpu = *engine;
    m_request.run.ids = m_golden.ids();
    m_request.run.capture = core::Capture::Full;
    m_request.run.generate = 2;
  }
  ~BothDevices() { EXPECT_EQ(gpu::gpuCounters(*m_gpu).validationMessages, std::vector<std::string>{}); }
  BothDevices(const BothDevices&) = delete;
  BothDevices& operator=(const BothDevices&) = delete;

  const core::ModelConfig& config() const { return m_golden.model->config; }
  std::vector<int32_t>& prompt() { return m_request.run.ids; }

  core::Result<IntervenedRun> onGpu(std::vector<Intervention> list) { return run(m_gpu, std::move(list)); }

  // Every golden tensor of the changed run on the GPU against that on the CPU; the first run's tokens are forced on
  // both, so that they stay comparable.
  void expectAlike(const std::string& what, const std::vector<Intervention>& list) {
    const auto cpu = run(m_cpu, list), gpu = run(m_gpu, list);
    ASSERT_TRUE(cpu) << m_golden.name << ", " << what << ": " << cpu.error().message;
    ASSERT_TRUE(gpu) << m_golden.name << ", " << what << ": " << gpu.error().message;
    test::GoldenModel expected = m_golden;
    for (auto& [name, tensor] : expected.expected) tensor = test::fromTrace(cpu->changed, name);
    double worst = 0;
    EXPECT_EQ(test::compareWithGolden(expected, gpu->changed, &worst), "") << m_golden.name << ", " << what;
    EXPECT_EQ(gpu->label, cpu->label);
    for (int l = 0; l < config().layers; ++l) {
      for (const core::Hook hook : {core::Hook::RouterKept, core::Hook::RouterSlot, core::Hook::RouterIds}) {
        const int T = cpu->changed.tokens(core::Stream::Layer, l);
        EXPECT_EQ(gpu->changed.gatherInts(hook, l, 0, T), cpu->changed.gatherInts(hook, l, 0, T)) << what << ", " << l;
      }
    }
    ASSERT_EQ(gpu->tokens.size(), cpu->tokens.size());
    for (size_t i = 0; i < cpu->tokens.size(); ++i) {
      EXPECT_NEAR(gpu->tokens[i].kl, cpu->tokens[i].kl, 1e-4 + 2e-3 * cpu->tokens[i].kl) << what << ", " << i;
    }
  }

 private:
  core::Result<IntervenedRun> run(const std::shared_ptr<core::Engine>& engine, std::vector<Intervention> list) {
    TRY_ASSIGN(m_request.interventions, core::Interventions::make(std::move(list), config()));
    return core::runIntervened(engine, m_request);
  }

  test::GoldenModel m_golden;
  std::shared_ptr<core::Engine> m_cpu, m_gpu;
  core::IntervenedRequest m_request;
};

class GpuInterventions : public testing::TestWithParam<std::string> {};

TEST_P(GpuInterventions, EveryKindOfChangeIsTheCpusToo) {
  BothDevices both(GetParam());
  const core::RouterConfig& router = both.config().router;
  both.expectAlike("ban, swap, scale", {change(Kind::Ban, 1), change(Kind::Swap, 2), change(Kind::Scale, 3, 0.25, 2)});
  both.expectAlike("temperature", {change(Kind::Temperature, 0, 0.5, 3)});
  if (both.config().shared != core::SharedExpert::None)
    both.expectAlike("shared", {change(Kind::SharedScale, 0, 2, 1), change(Kind::SharedScale, 0, 0, 4)});
  both.expectAlike("force", {change(Kind::Force, router.experts - 1, 1, 2)});
  if (router.score != core::ScoreFunction::SparseMixer) {
    both.expectAlike("k", {change(Kind::K, 1, 1, 2), change(Kind::K, std::min(3, router.experts), 1, 5)});
  }
  Intervention capacity = change(Kind::Capacity);
  capacity.capacityFactor = 0.75;
  both.expectAlike("capacity", {capacity, change(Kind::Scale, 0, 2)});
}

std::vector<std::string> routedNames() {
  std::vector<std::string> names = test::goldenModelNames();
  std::erase(names, "mistral-sliding");
  std::erase(names, "seed-7m");  // tested by itself
  return names;
}

INSTANTIATE_TEST_SUITE_P(Families, GpuInterventions, testing::ValuesIn(routedNames()), [](const auto& tested) {
  std::string name = tested.param;
  for (char& byte : name) byte = std::isalnum(static_cast<unsigned char>(byte)) ? byte : '_';
  return name;
});

TEST(GpuIntervention, PoliciesThatChooseTokenByTokenRunThere) {
  BothDevices both("qwen2_moe-gated-shared", test::gpuOptions(true));
  const core::RouterConfig& router = both.config().router;
  Intervention policy = change(Kind::Policy);
  for (const core::WeightForm form :
       {core::WeightForm::Raw, core::WeightForm::Renorm, core::WeightForm::SoftmaxTopK, core::WeightForm::Sigmoid,
        core::WeightForm::SigmoidRenorm, core::WeightForm::DoubleSoftmax}) {
    policy.policy = core::defaultPolicy(core::PolicyKind::TokenChoice, router);
    policy.policy.weights = form;
    both.expectAlike(std::string(core::weightFormName(form)), {policy});
  }
  policy.policy = core::defaultPolicy(core::PolicyKind::GroupedTopK, router);
  policy.policy.groups = {2, 1, core::GroupScore::SumOfTopTwo};
  both.expectAlike("grouped", {policy});
  policy.policy = core::defaultPolicy(core::PolicyKind::SigmoidTopK, router);
  policy.fromToken = 4;
  both.expectAlike("sigmoid", {policy});
}

TEST(GpuIntervention, EveryRuleOfCapacityDropsTheSameChoices) {
  BothDevices both("mixtral-sharded");
  for (int rule = 0; rule < 10; ++rule) {
    Intervention capacity = change(Kind::Capacity);
    capacity.rule = static_cast<core::CapacityRule>(rule);
    capacity.capacityFactor = 0.6;
    if (*capacity.rule == core::CapacityRule::Switch) {  // serves one choice a token
      both.expectAlike("switch", {change(Kind::K, 1)});
      continue;
    }
    both.expectAlike(std::string(core::capacityRuleName(*capacity.rule)), {capacity});
  }
}

TEST(GpuIntervention, ALongPromptInPassesAndSingleTokensAgree) {
  gpu::GpuOptions options = test::gpuOptions(true);
  options.captureBytes = 1 << 20;  // of some twenty tokens
  BothDevices both("seed-7m", options);
  const std::vector<int32_t> once = both.prompt();
  while (both.prompt().size() + once.size() < 250) both.prompt().insert(both.prompt().end(), once.begin(), once.end());
  Intervention one = change(Kind::Temperature, 0, 0.8);
  one.tokenId = once[1];
  both.expectAlike("long", {change(Kind::Ban, 3, 1, 20), change(Kind::SharedScale, 0, 0.5, 130), one});
}

TEST(GpuIntervention, WhatOnlyTheCpuRunsIsSaidSo) {
  BothDevices both("mixtral-sharded");
  Intervention policy = change(Kind::Policy);
  policy.policy = core::defaultPolicy(core::PolicyKind::Gumbel, both.config().router);
  const auto refused = both.onGpu({policy});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "gumbel is run by the CPU engine alone; choose --device cpu");
  std::vector<Intervention> forced;
  for (int e = 0; e <= both.config().router.chosen; ++e) forced.push_back(change(Kind::Force, e));
  const auto tooMany = both.onGpu(forced);
  ASSERT_FALSE(tooMany);
  EXPECT_EQ(tooMany.error().message, "interventions in layer 0 at token 0: 3 experts are forced, a token chooses 2");
}

}  // namespace
