// Choices changed by interventions: the recipes that the device follows against core::Interventions on the same logits.
#include "core/engine/router_policy.h"
#include "gpu/routing_changes.h"
#include "tests/parity/parity.h"

namespace test {
namespace {

using core::Intervention;
using core::InterventionKind;
using core::PolicyKind;
using core::RouterConfig;
using core::ScoreFunction;
using core::WeightForm;

constexpr int kFirst = 3;  // position of the first token
constexpr int kLayer = 1;  // of two

struct Changing {
  std::string name;
  RouterConfig router;
  std::vector<Intervention> list;
};

Outcome runChanged(const Changing& changing, uint32_t T, const std::shared_ptr<gpu::Device>& device) {
  const RouterConfig& router = changing.router;
  const auto E = static_cast<uint32_t>(router.experts);
  core::ModelConfig config;
  config.layers = 2;
  config.layer.assign(2, {.moe = true});
  config.router = router;
  const auto changes = core::Interventions::make(changing.list, config);
  Outcome out;
  if (!changes) {
    ADD_FAILURE() << changing.name << ": " << changes.error().message;
    return out;
  }
  std::vector<float> logits = randomFloats(size_t{T} * E, 31, 3);
  for (uint32_t t = 1; t < T; t += 6) {  // rows with ties
    for (uint32_t e = 0; e < E; ++e) logits[size_t{t} * E + e] = static_cast<float>(e % 3);
  }
  const std::vector<float> bias = router.selectionBias ? randomFloats(E, 82, 0.2f) : std::vector<float>{};
  std::vector<int32_t> ids(T);
  for (uint32_t t = 0; t < T; ++t) ids[t] = static_cast<int32_t>(t % 5);

  core::Routing expected = core::route(router, logits.data(), bias, static_cast<int>(T), std::nullopt);
  const auto applied = (*changes)->apply(router, {kLayer, kFirst, ids, logits, bias}, std::nullopt, expected);
  EXPECT_TRUE(applied) << changing.name << ": " << applied.error().message;
  const auto columns = static_cast<uint32_t>((*changes)->columns());
  std::vector<int32_t> slot, kept;
  core::queueChoices(expected.ids, router.experts, (*changes)->columns(), T, slot, kept);

  const auto words = gpu::encodeChanges(**changes, config, kFirst, ids);
  if (!words) {
    ADD_FAILURE() << changing.name << ": " << words.error().message;
    return out;
  }
  const size_t choices = size_t{T} * columns;
  const std::vector<float> blank(logits.size(), 7);
  const std::vector<int32_t> marked(choices, 99);
  const gpu::Buffer step = stepAt(device, 0), logitBuffer = deviceBuffer(device, logits),
                    seen = deviceBuffer(device, blank), scores = deviceBuffer(device, blank),
                    selection = deviceBuffer(device, blank), idBuffer = deviceBuffer(device, marked),
                    weights = deviceBuffer(device, std::vector<float>(choices, 7)),
                    changeBuffer = deviceBuffer(device, *words),
                    biasBuffer = deviceBuffer(device, bias.empty() ? std::vector<float>(1) : bias),
                    slotBuffer = deviceBuffer(device, marked), keptBuffer = deviceBuffer(device, marked),
                    asked = deviceBuffer(device, std::vector<uint32_t>(E));
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder& recorder) {
    ops.chooseChanged({logitBuffer.view(), scores.view(), idBuffer.view(), weights.view()}, seen.view(),
                      selection.view(), bias.empty() ? gpu::View{} : biasBuffer.view(), changeBuffer.view(),
                      (2 + kLayer) * T, T, E, columns);
    recorder.barrier();
    ops.slots({idBuffer.view(), slotBuffer.view(), keptBuffer.view(), asked.view(), {}, {}, {}}, T, E, columns,
              UINT32_MAX);
  });
  const auto floats = [&](const std::vector<float>& values, const gpu::Buffer& buffer) {
    out.expected.insert(out.expected.end(), values.begin(), values.end());
    const auto got = readBuffer<float>(device, buffer, values.size());
    out.got.insert(out.got.end(), got.begin(), got.end());
  };
  const auto integers = [&](const std::vector<int32_t>& values, const gpu::Buffer& buffer) {
    out.expectedIds.insert(out.expectedIds.end(), values.begin(), values.end());
    const auto got = readBuffer<int32_t>(device, buffer, values.size());
    out.gotIds.insert(out.gotIds.end(), got.begin(), got.end());
  };
  floats(expected.weights, weights);
  floats(expected.scores, scores);
  floats(expected.selection, selection);
  integers(expected.ids, idBuffer);
  integers(slot, slotBuffer);
  integers(kept, keptBuffer);
  return out;
}

Intervention change(InterventionKind kind, int expert = 0, double factor = 1) {
  Intervention i;
  i.kind = kind;
  i.expert = expert;
  i.other = expert + 1;
  i.factor = factor;
  i.k = expert;
  return i;
}

Intervention from(Intervention i, int token) {
  i.fromToken = kFirst + token;
  return i;
}

Intervention forId(Intervention i, int32_t id) {
  i.tokenId = id;
  return i;
}

Intervention policy(core::Policy p) {
  Intervention i = change(InterventionKind::Policy);
  i.policy = p;
  return i;
}

std::vector<std::pair<std::string, RouterConfig>> routers() {
  const auto router = [](int E, int K, ScoreFunction score, WeightForm weights) {
    RouterConfig config;
    config.experts = E;
    config.chosen = K;
    config.score = score;
    config.weights = weights;
    return config;
  };
  RouterConfig grouped = router(12, 3, ScoreFunction::Sigmoid, WeightForm::SigmoidRenorm);
  grouped.groups = 4;
  grouped.groupsChosen = 2;
  grouped.groupScore = core::GroupScore::SumOfTopTwo;
  grouped.selectionBias = true;
  grouped.scale = 2.5;
  RouterConfig best = router(12, 2, ScoreFunction::Softmax, WeightForm::Raw);
  best.groups = 3;
  best.groupsChosen = 2;
  best.scale = 16;
  RouterConfig mixer = router(16, 2, ScoreFunction::SparseMixer, WeightForm::Raw);
  mixer.sparseMixerJitter = 0.1;
  RouterConfig normed = router(13, 2, ScoreFunction::Softmax, WeightForm::Renorm);
  normed.logitNorm = 1.3;
  return {{"raw", router(64, 8, ScoreFunction::Softmax, WeightForm::Raw)},
          {"renorm", router(13, 2, ScoreFunction::Softmax, WeightForm::Renorm)},
          {"softmax-top-k", router(16, 4, ScoreFunction::None, WeightForm::SoftmaxTopK)},
          {"sigmoid", router(16, 1, ScoreFunction::None, WeightForm::Sigmoid)},
          {"pairs of groups", grouped},
          {"best of groups", best},
          {"mixer", mixer},
          {"normed", normed}};
}

std::vector<Changing> changings() {
  using Kind = InterventionKind;
  std::vector<Changing> all;
  for (const auto& [name, router] : routers()) {
    const auto add = [&, name = name, router = router](const std::string& what, std::vector<Intervention> list) {
      all.push_back({name + ", " + what, router, std::move(list)});
    };
    const bool mixes = router.score == ScoreFunction::SparseMixer;
    add("nothing", {forId(change(Kind::Scale, 1, 3), 1000)});
    add("bans", {change(Kind::Ban, 3), from(change(Kind::Ban, 0), 5)});
    add("swap and scale", {change(Kind::Swap, 1), change(Kind::Scale, 2, -0.5), from(change(Kind::Scale, 1, 0), 2)});
    add("temperature", {from(change(Kind::Temperature, 0, 0.5), 1), forId(change(Kind::Temperature, 0, 3), 2)});
    for (const WeightForm form : {WeightForm::Raw, WeightForm::Renorm, WeightForm::SoftmaxTopK, WeightForm::Sigmoid,
                                  WeightForm::SigmoidRenorm, WeightForm::DoubleSoftmax}) {
      core::Policy choice = core::defaultPolicy(PolicyKind::TokenChoice, router);
      choice.weights = form;
      choice.K = 3;
      choice.temperature = 1.5;
      add(fmt::format("token choice {}", core::weightFormName(form)), {from(policy(choice), 4), change(Kind::Ban, 4)});
    }
    core::Policy groups = core::defaultPolicy(PolicyKind::GroupedTopK, router);
    groups.groups = {1, 1, core::GroupScore::Max};
    for (const bool renorm : {false, true}) {
      groups.renorm = renorm;
      groups.sigmoid = !groups.sigmoid;
      add(fmt::format("grouped{}", renorm ? " renorm" : ""), {forId(policy(groups), 3)});
    }
    add("sigmoid", {policy(core::defaultPolicy(PolicyKind::SigmoidTopK, router)), change(Kind::Temperature, 0, 2)});
    add("forced", {change(Kind::Force, 7)});
    if (mixes) {
      add("both forced", {change(Kind::Force, 7), change(Kind::Force, 2), change(Kind::Ban, 1)});
      continue;
    }
    if (router.chosen > 1) {
      add("several forced", {change(Kind::Force, 3), change(Kind::Force, 0)});
      add("several forced, listed the other way", {change(Kind::Force, 0), change(Kind::Force, 3)});
    }
    add("forced though banned", {change(Kind::Ban, 5), change(Kind::Force, 5)});
    add("other numbers", {from(change(Kind::K, 5), 2), forId(change(Kind::K, 1), 4)});
    add("all at once", {change(Kind::Temperature, 0, 0.7), change(Kind::Ban, 2), from(change(Kind::K, 4), 3),
                        forId(change(Kind::Force, 9), 1), change(Kind::Swap, 0), change(Kind::Scale, 3, 0.25)});
  }
  return all;
}

Outcome runScale(uint32_t T, uint32_t D, const std::shared_ptr<gpu::Device>& device) {
  const uint32_t stride = gpu::padded(D), first = 5;
  const std::vector<float> x = randomFloats(size_t{T} * D, 61), factors = randomFloats(first + T, 62, 3);
  Outcome out;
  for (size_t i = 0; i < x.size(); ++i) out.expected.push_back(x[i] * factors[first + i / D]);
  const gpu::Buffer step = stepAt(device, 0), rows = deviceBuffer(device, withStride(x, D, stride)),
                    list = deviceBuffer(device, factors);
  onDevice(device, step, [&](gpu::DeviceOps& ops, gpu::Recorder&) {
    ops.scaleRows({rows.view(), stride}, list.view(), first, T, D);
  });
  out.got = withoutStride(readBuffer<float>(device, rows, size_t{T} * stride), D, stride);
  return out;
}

}  // namespace

std::vector<ParityRow> changedRows() {
  std::vector<ParityRow> rows;
  for (const Changing& changing : changings()) {
    for (const uint32_t T : {1u, 13u}) {
      rows.push_back({"chooseChanged",
                      fmt::format("{} T{}", changing.name, T),
                      1e-6,
                      1e-5,
                      {"chooseChanged", "slots"},
                      [=](const auto& device) { return runChanged(changing, T, device); }});
    }
  }
  for (auto [T, D] : {std::pair{1u, 1u}, {13u, 127u}, {127u, 64u}}) {
    rows.push_back(
        {"scaleRows", fmt::format("T{} D{}", T, D), 0, 0, {"scaleRows"}, [=, T = T, D = D](const auto& device) {
           return runScale(T, D, device);
         }});
  }
  return rows;
}

}  // namespace test
