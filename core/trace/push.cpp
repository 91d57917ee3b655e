#include "core/trace/push.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/base/check.h"
#include "core/routing/balance_loss.h"
#include "core/routing/importance_load.h"
#include "core/routing/logit_norm.h"
#include "core/routing/mutual_information.h"
#include "core/routing/score.h"
#include "core/routing/z_loss.h"

namespace core {
namespace {

constexpr std::string_view kPerLogit = "loss per logit";

constexpr std::array<PushInfo, kPushes> kTable = {{
    {Push::BalanceFirst, "push.balance.switch", kPerLogit, "Balance of first choices (Switch, GShard).",
     "-d/dl E sum_e f_e P_e, f = first choices / T", "loss-balance"},
    {Push::BalanceTokens, "push.balance.hf_topk", kPerLogit, "Balance of choices per token (transformers, flaxformer).",
     "-d/dl E sum_e f_e P_e, f = choices / T", "loss-balance"},
    {Push::BalanceChoices, "push.balance.per_choice", kPerLogit, "Balance of all choices (megablocks, Megatron).",
     "-d/dl E sum_e f_e P_e, f = choices / (k T)", "loss-balance"},
    {Push::Importance, "push.importance", kPerLogit, "Importance: evenness of the summed scores (Shazeer, V-MoE).",
     "-d/dl var(I) / mean(I)^2, I_e = sum_t s_te", "loss-importance-load"},
    {Push::Load, "push.load", kPerLogit, "Smooth load: evenness of the chance to be chosen under noise (V-MoE).",
     "-d/dl var(p) / mean(p)^2, p_e = sum_t Phi((l_te - thr_t) E)", "loss-importance-load"},
    {Push::Z, "push.z", kPerLogit, "z-loss: keeps logits small (ST-MoE).", "-d/dl mean_t (ln sum_e exp l_te)^2",
     "loss-z"},
    {Push::Information, "push.information", "nats per logit",
     "Mutual information: sure about each token, all experts over many (ModuleFormer).",
     "-d/dl (H(e|t) - H(e)), p = softmax l", "loss-mi-entropy"},
}};

// The scores of a router as losses see them, and the way back from a gradient by them to one by the logits.
class Scores {
 public:
  Scores(const RouterConfig& router, std::span<const double> logits)
      : m_E(router.experts),
        m_logits(logits),
        m_sigmoid(router.score == ScoreFunction::Sigmoid),
        m_lambda(router.logitNorm) {
    m_scores.resize(logits.size());
    if (m_sigmoid) {
      sigmoidShares<double>(logits, m_E, m_scores);
    } else if (m_lambda > 0) {
      normaliseLogits<double>(logits, m_E, m_lambda, 1, m_scores);
      softmaxRows<double>(std::vector<double>(m_scores), m_E, m_scores);
    } else {
      softmaxRows<double>(logits, m_E, m_scores);
    }
  }

  std::span<const double> values() const { return m_scores; }

  void backward(std::span<const double> gradScores, std::span<double> gradLogits) const {
    if (m_sigmoid) return sigmoidSharesBackward<double>(m_logits, m_E, gradScores, gradLogits);
    if (m_lambda <= 0) return softmaxBackwardRows<double>(m_scores, gradScores, m_E, gradLogits);
    std::vector<double> gradNormed(gradLogits.size());
    softmaxBackwardRows<double>(m_scores, gradScores, m_E, gradNormed);
    normaliseLogitsBackward<double>(m_logits, m_E, m_lambda, 1, gradNormed, gradLogits);
  }

 private:
  int m_E;
  std::span<const double> m_logits;
  bool m_sigmoid;
  double m_lambda;
  std::vector<double> m_scores;
};

struct LayerChoices {
  int T = 0, E = 0, columns = 0, k = 0;
  std::vector<double> logits;  // (T, E)
  std::vector<int32_t> ids;    // (T, columns), -1 behind a token's last one

  double choicesAToken() const {
    const auto there = std::count_if(ids.begin(), ids.end(), [](int32_t id) { return id >= 0; });
    return static_cast<double>(there) / T;
  }
};

class Pusher {
 public:
  Pusher(const RouterConfig& router, const LayerChoices& layer)
      : m_layer(layer), m_scores(router, layer.logits), m_E(static_cast<size_t>(layer.E)) {}

  LayerPush push(Push which) {
    m_gradient.assign(m_layer.logits.size(), 0.0);
    LayerPush out;
    out.push = which;
    out.reference = 0;
    switch (which) {
      case Push::BalanceFirst:
        out.loss = balance(BalanceForm::FirstChoice, out.reference);
        break;
      case Push::BalanceTokens:
        out.loss = balance(BalanceForm::PerToken, out.reference);
        break;
      case Push::BalanceChoices:
        out.loss = balance(BalanceForm::PerChoice, out.reference);
        break;
      case Push::Importance:
        out.loss = importance();
        break;
      case Push::Load:
        out.loss = load();
        break;
      case Push::Z:
        out.loss = zLoss<double>(m_layer.logits, m_layer.E);
        zLossBackward<double>(m_layer.logits, m_layer.E, 1.0, m_gradient);
        break;
      case Push::Information:
        out.loss = information();
        out.reference = -std::log(static_cast<double>(m_layer.E));
        break;
      case Push::Count:
        break;
    }
    for (double& value : m_gradient) {
      value = value == 0 ? 0 : -value;
      if (std::isfinite(value)) out.largest = std::max(out.largest, std::abs(value));
    }
    out.value = std::move(m_gradient);
    return out;
  }

 private:
  // A routing may give a token fewer choices than another; without any there is no f, and nothing is pushed.
  double balance(BalanceForm form, double& uniform) {
    const BalanceLoss<double> loss =
        balanceLoss<double>(form, m_scores.values(), m_layer.E, m_layer.ids, m_layer.columns);
    uniform = form == BalanceForm::PerToken ? m_layer.choicesAToken() : uniformBalance(form, m_layer.columns);
    if (std::isnan(loss.loss)) return loss.loss;
    std::vector<double> gradScores(m_layer.logits.size());
    balanceLossBackward<double>(loss, 1.0, gradScores);
    m_scores.backward(gradScores, m_gradient);
    return loss.loss;
  }

  double importance() {
    std::vector<double> sums(m_E), gradSums(m_E), gradScores(m_layer.logits.size());
    for (size_t at = 0; at < gradScores.size(); ++at) sums[at % m_E] += m_scores.values()[at];
    squaredVariationBackward<double>(sums, {}, 1.0, gradSums);
    for (size_t at = 0; at < gradScores.size(); ++at) gradScores[at] = gradSums[at % m_E];
    m_scores.backward(gradScores, m_gradient);
    return squaredVariation<double>(sums, {});
  }

  double load() {
    const std::vector<double> silent(m_layer.logits.size());
    const double sigma = 1.0 / m_layer.E;
    const SmoothLoad<double> smooth = smoothLoad<double>(m_layer.logits, silent, m_layer.E, m_layer.k, sigma);
    std::vector<double> sums(m_E), gradSums(m_E), gradProbs(silent.size());
    for (size_t at = 0; at < gradProbs.size(); ++at) sums[at % m_E] += smooth.probs[at];
    squaredVariationBackward<double>(sums, {}, 1.0, gradSums);
    for (size_t at = 0; at < gradProbs.size(); ++at) gradProbs[at] = gradSums[at % m_E];
    smoothLoadBackward<double>(smooth, m_layer.logits, silent, m_layer.E, sigma, gradProbs, m_gradient);
    return squaredVariation<double>(sums, {});
  }

  double information() {
    std::vector<double> probs(m_layer.logits.size());
    softmaxRows<double>(m_layer.logits, m_layer.E, probs);
    routingInformationBackward<double>(probs, m_layer.E, 0.0, -1.0, 1.0, m_gradient);
    return routingInformation<double>(probs, m_layer.E, 0.0).loss();
  }

  const LayerChoices& m_layer;
  Scores m_scores;
  size_t m_E;
  std::vector<double> m_gradient;
};

}  // namespace

const PushInfo& pushInfo(Push push) { return kTable.at(static_cast<size_t>(push)); }

Result<std::vector<LayerPush>> pushesOf(const Trace& trace, int layer) {
  const RouterConfig& router = trace.config().router;
  LayerChoices choices;
  choices.T = std::min(trace.tokens(Hook::RouterLogits, layer), trace.tokens(Hook::RouterIds, layer));
  choices.E = router.experts;
  choices.columns = router.chosen;
  const std::vector<float> logits = trace.gatherFloats(Hook::RouterLogits, layer, 0, choices.T);
  choices.logits.assign(logits.begin(), logits.end());
  choices.ids = trace.gatherInts(Hook::RouterIds, layer, 0, choices.T);
  if (choices.T == 0 || logits.empty() || choices.ids.empty()) {
    return fail("layer {}: no router logits and choices are recorded here, so there is no gradient", layer);
  }
  // A changed run's rows are as wide as the token with the most choices.
  const auto mean = static_cast<int>(std::lround(choices.choicesAToken()));
  choices.k = trace.info().replay ? trace.info().replay->k : std::clamp(mean, 1, choices.E);
  Pusher pusher(router, choices);
  std::vector<LayerPush> all;
  for (const PushInfo& info : kTable) all.push_back(pusher.push(info.push));
  return all;
}

}  // namespace core
