// loss-balance, loss-balance-layers, loss-balance-groups and loss-deepseek.
#include <vector>

#include "core/routing/balance_loss.h"
#include "core/routing/device_loss.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/spec_methods.h"

namespace core {
namespace {

template <class S>
struct Choices {
  std::vector<S> probs;      // softmax of the logits
  std::vector<int32_t> ids;  // their top-k
  Choices(const std::vector<S>& logits, int E, int K)
      : probs(logits.size()), ids(logits.size() / static_cast<size_t>(E) * static_cast<size_t>(K)) {
    softmaxRows<S>(logits, E, probs);
    topK<S>(logits, E, K, ids);
  }
};

// The mean of the losses of `parts` equal pieces of the tokens.
template <class S>
struct PieceLosses {
  std::vector<S> each;
  S mean = 0;
  PieceLosses(BalanceForm form, std::span<const S> scores, int E, std::span<const int32_t> ids, int K, size_t parts) {
    const size_t size = scores.size() / parts, choices = ids.size() / parts;
    for (size_t i = 0; i < parts; ++i) {
      each.push_back(
          balanceLoss<S>(form, scores.subspan(i * size, size), E, ids.subspan(i * choices, choices), K).loss);
      mean += each.back() / static_cast<S>(parts);
    }
  }
};

}  // namespace

template <class S>
Result<nlohmann::json> specLossBalance(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const auto form = in.choose<BalanceForm>("variant", balanceFormFromName, "switch (gshard), hf_topk (flaxformer) or per_choice");
  const std::string score = in.word("score");
  if (score != "softmax" && score != "sigmoid") in.complain("score", "softmax or sigmoid", score);
  if (in.failed()) return in.error();

  const Choices<S> choices(logits.values, E, K);
  std::vector<S> scores = choices.probs, gradScores(scores.size()), grad(scores.size());
  if (score == "sigmoid") sigmoidShares<S>(logits.values, E, scores);
  const BalanceLoss<S> loss = balanceLoss<S>(form, scores, E, choices.ids, K);
  balanceLossBackward<S>(loss, 1, gradScores);
  if (score == "sigmoid") {
    sigmoidSharesBackward<S>(logits.values, E, gradScores, grad);
  } else {
    softmaxBackwardRows<S>(scores, gradScores, E, grad);
  }
  return nlohmann::json{{"ids", toJson(choices.ids, {T, K})},
                        {"f", toJson(loss.f, {E})},
                        {"P", toJson(loss.P, {E})},
                        {"loss", toJson(loss.loss)},
                        {"min_uniform", uniformBalance(form, K)},
                        {"grad_logits", toJson(grad, {T, E})}};
}
INSTANTIATE_SPEC(specLossBalance)

template <class S>
Result<nlohmann::json> specLossBalanceLayers(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny, kAny});
  const int L = logits.dim(0), T = logits.dim(1), E = logits.dim(2);
  const int K = in.integer("k", 1, E), length = in.integer("sequence_length", 1, T);
  if (!in.failed() && T % length != 0)
    in.complain("sequence_length", fmt::format("a divisor of {} tokens", T), std::to_string(length));
  const auto mask = in.ids("mask", {T}, 0, 1);
  if (in.failed()) return in.error();

  const Choices<S> choices(logits.values, E, K);
  const std::span<const S> scores = choices.probs;
  const std::span<const int32_t> ids = choices.ids;
  const size_t layers = static_cast<size_t>(L), layerSize = scores.size() / layers,
               sequences = static_cast<size_t>(T / length);
  std::vector<uint8_t> counted;  // the mask once a layer
  for (size_t l = 0; l < layers; ++l) counted.insert(counted.end(), mask.values.begin(), mask.values.end());
  const BalanceLoss<S> concat = balanceLoss<S>(BalanceForm::PerToken, scores, E, ids, K);
  std::vector<S> gradScores(scores.size()), grad(scores.size()), shares(layerSize);
  balanceLossBackward<S>(concat, 1, gradScores);
  softmaxBackwardRows<S>(scores, gradScores, E, grad);

  const PieceLosses<S> hf(BalanceForm::PerToken, scores, E, ids, K, layers),
      perChoice(BalanceForm::PerChoice, scores, E, ids, K, layers);
  sigmoidShares<S>(std::span(logits.values).first(layerSize), E, shares);
  const auto firstIds = ids.first(ids.size() / layers);
  const PieceLosses<S> softmaxes(BalanceForm::PerChoice, scores.first(layerSize), E, firstIds, K, sequences);
  const PieceLosses<S> sigmoids(BalanceForm::PerChoice, shares, E, firstIds, K, sequences);
  return nlohmann::json{
      {"ids", toJson(ids, {L, T, K})},
      {"concat", toJson(concat.loss)},
      {"concat_masked", toJson(balanceLoss<S>(BalanceForm::PerToken, scores, E, ids, K, counted).loss)},
      {"per_layer_hf", toJson(hf.each, {L})},
      {"layer_mean_hf", toJson(hf.mean)},
      {"per_layer_per_choice", toJson(perChoice.each, {L})},
      {"layer_mean_per_choice", toJson(perChoice.mean)},
      {"layer0_sequence_softmax", toJson(softmaxes.mean)},
      {"layer0_sequence_sigmoid", toJson(sigmoids.mean)},
      {"grad_concat", toJson(grad, {L, T, E})}};
}
INSTANTIATE_SPEC(specLossBalanceLayers)

template <class S>
Result<nlohmann::json> specLossBalanceGroups(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny, kAny});
  const int G = logits.dim(0), T = logits.dim(1), E = logits.dim(2);
  const int K = in.integer("k", 1, E);
  if (in.failed()) return in.error();
  const Choices<S> choices(logits.values, E, K);
  const PieceLosses<S> groups(BalanceForm::PerToken, choices.probs, E, choices.ids, K, static_cast<size_t>(G));
  return nlohmann::json{
      {"ids", toJson(choices.ids, {G, T, K})},
      {"loss", toJson(groups.mean)},
      {"global_batch", toJson(balanceLoss<S>(BalanceForm::PerToken, choices.probs, E, choices.ids, K).loss)}};
}
INSTANTIATE_SPEC(specLossBalanceGroups)

namespace {

// [[0, 1], [2, 3]]: every expert on exactly one device.
DeviceMap readDevices(SpecCase& in, int E) {
  constexpr std::string_view kExpected = "an array of devices, each an array of experts, every expert once";
  DeviceMap map{std::vector<int32_t>(static_cast<size_t>(E), -1), 0};
  if (in.failed()) return map;
  const nlohmann::json& devices = in.raw("devices");
  if (!devices.is_array() || devices.empty())
    in.complain("devices", kExpected, devices.is_array() ? "no device" : devices.type_name());
  for (const nlohmann::json& device : devices) {
    if (!device.is_array() || device.empty()) in.complain("devices", kExpected, "a device that is no array, or empty");
    if (in.failed()) return map;
    for (const nlohmann::json& expert : device) {
      const auto id = SpecCase::parseBits64(expert);
      if (!id || *id >= map.device.size() || map.device[*id] >= 0) {
        in.complain("devices", kExpected,
                    id ? fmt::format("expert {} of {} twice or out of range", *id, E) : "no expert");
        return map;
      }
      map.device[*id] = map.devices;
    }
    ++map.devices;
  }
  for (size_t e = 0; e < map.device.size(); ++e) {
    if (map.device[e] < 0) in.complain("devices", kExpected, fmt::format("expert {} on none", e));
  }
  return map;
}

}  // namespace

template <class S>
Result<nlohmann::json> specLossDeepseek(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E), M = in.integer("M", 1, 1 << 20);
  const DeviceMap map = readDevices(in, E);
  if (in.failed()) return in.error();

  const Choices<S> choices(logits.values, E, K);
  BalanceLoss<S> expert = balanceLoss<S>(BalanceForm::PerChoice, choices.probs, E, choices.ids, K);
  for (S& share : expert.f) share *= static_cast<S>(E);  // DeepSeek writes the E into f
  const DeviceLoss<S> device = deviceBalanceLoss<S>(choices.probs, choices.ids, K, map);
  const DeviceLoss<S> communication = communicationLoss<S>(choices.probs, choices.ids, K, map, M);
  const auto gradient = [&](const DeviceLoss<S>& loss) {
    std::vector<S> gradProbs(choices.probs.size()), grad(choices.probs.size());
    deviceLossBackward<S>(loss, map, 1, gradProbs);
    softmaxBackwardRows<S>(choices.probs, gradProbs, E, grad);
    return toJson(grad, {T, E});
  };
  return nlohmann::json{{"ids", toJson(choices.ids, {T, K})},
                        {"expert_loss", toJson(expert.loss)},
                        {"f", toJson(expert.f, {E})},
                        {"P", toJson(expert.P, {E})},
                        {"device_loss", toJson(device.loss)},
                        {"device_f", toJson(device.f, {map.devices})},
                        {"device_P", toJson(device.P, {map.devices})},
                        {"comm_loss", toJson(communication.loss)},
                        {"comm_f", toJson(communication.f, {map.devices})},
                        {"grad_device", gradient(device)},
                        {"grad_comm", gradient(communication)}};
}
INSTANTIATE_SPEC(specLossDeepseek)

}  // namespace core
