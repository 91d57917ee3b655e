#include "core/routing/balance_loss.h"

#include "core/base/check.h"
#include "core/routing/score.h"

namespace core {
namespace {

constexpr double kEps = 1e-20;  // keeps a row of vanishing sigmoids from dividing 0 by 0

size_t countTokens(size_t T, std::span<const uint8_t> counted) {
  CHECK(counted.empty() || counted.size() == T, "counted {}, tokens {}", counted.size(), T);
  if (counted.empty()) return T;
  size_t n = 0;
  for (uint8_t flag : counted) n += flag != 0;
  return n;
}

}  // namespace

std::optional<BalanceForm> balanceFormFromName(std::string_view name) {
  if (name == "switch" || name == "gshard") return BalanceForm::FirstChoice;
  if (name == "hf_topk" || name == "flaxformer") return BalanceForm::PerToken;
  if (name == "per_choice") return BalanceForm::PerChoice;
  return std::nullopt;
}

int uniformBalance(BalanceForm form, int K) { return form == BalanceForm::PerToken ? K : 1; }

template <class S>
BalanceLoss<S> balanceLoss(BalanceForm form, std::span<const S> scores, int E, std::span<const int32_t> ids, int K,
                           std::span<const uint8_t> counted) {
  const size_t experts = static_cast<size_t>(E), chosen = static_cast<size_t>(K), T = scores.size() / experts;
  CHECK(E > 0 && K > 0 && scores.size() == T * experts && ids.size() == T * chosen, "scores {}, ids {}, E {}, K {}",
        scores.size(), ids.size(), E, K);
  const S tokens = static_cast<S>(countTokens(T, counted));
  BalanceLoss<S> out;
  std::vector<CarefulSum<S>> sums(experts);
  std::vector<int64_t> counts(experts);
  int64_t there = 0;
  for (size_t t = 0; t < T; ++t) {
    if (!counted.empty() && !counted[t]) continue;
    for (size_t e = 0; e < experts; ++e) sums[e].add(scores[t * experts + e]);
    for (size_t j = 0; j < (form == BalanceForm::FirstChoice ? size_t{1} : chosen); ++j) {
      const int32_t id = ids[t * chosen + j];
      CHECK(id >= -1 && id < E, "expert {} of {}", id, E);
      if (id < 0) continue;
      ++there;
      ++counts[static_cast<size_t>(id)];
    }
  }
  const S choices = form == BalanceForm::PerToken ? tokens : static_cast<S>(there);
  CarefulSum<S> loss;
  for (size_t e = 0; e < experts; ++e) {
    out.f.push_back(static_cast<S>(counts[e]) / choices);
    out.P.push_back(sums[e].value() / tokens);
    loss.add(static_cast<S>(E) * out.f[e] * out.P[e]);
  }
  out.loss = loss.value();
  return out;
}

template <class S>
void balanceLossBackward(const BalanceLoss<S>& loss, S gradLoss, std::span<S> gradScores,
                         std::span<const uint8_t> counted) {
  const size_t experts = loss.f.size(), T = gradScores.size() / experts;
  const S factor = gradLoss * static_cast<S>(experts) / static_cast<S>(countTokens(T, counted));
  for (size_t i = 0; i < gradScores.size(); ++i) {
    if (counted.empty() || counted[i / experts]) gradScores[i] += factor * loss.f[i % experts];
  }
}

template <class S>
void sigmoidShares(std::span<const S> logits, int E, std::span<S> shares) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() == shares.size() && logits.size() % experts == 0, "logits {}, shares {}, E {}",
        logits.size(), shares.size(), E);
  sigmoidRow<S>(logits, shares);
  for (size_t at = 0; at < shares.size(); at += experts) {
    CarefulSum<S> sum;
    for (S s : shares.subspan(at, experts)) sum.add(s);
    for (S& s : shares.subspan(at, experts)) s /= sum.value() + static_cast<S>(kEps);
  }
}

template <class S>
void sigmoidSharesBackward(std::span<const S> logits, int E, std::span<const S> gradShares, std::span<S> gradLogits) {
  const size_t experts = static_cast<size_t>(E);
  CHECK(E > 0 && logits.size() == gradShares.size() && logits.size() == gradLogits.size(), "{} {} {}", logits.size(),
        gradShares.size(), gradLogits.size());
  std::vector<S> s(experts), grad(experts);
  for (size_t at = 0; at < logits.size(); at += experts) {
    sigmoidRow<S>(logits.subspan(at, experts), s);
    // share_e = s_e / sum: d share_e / d s_i = ([i = e] - share_e) / sum
    S sum = static_cast<S>(kEps), mean = 0;
    for (S value : s) sum += value;
    for (size_t e = 0; e < experts; ++e) mean += gradShares[at + e] * s[e] / sum;
    for (size_t e = 0; e < experts; ++e) grad[e] = (gradShares[at + e] - mean) / sum;
    sigmoidBackwardRow<S>(s, grad, gradLogits.subspan(at, experts));
  }
}

#define INSTANTIATE(S)                                                                                        \
  template BalanceLoss<S> balanceLoss<S>(BalanceForm, std::span<const S>, int, std::span<const int32_t>, int, \
                                         std::span<const uint8_t>);                                           \
  template void balanceLossBackward<S>(const BalanceLoss<S>&, S, std::span<S>, std::span<const uint8_t>);     \
  template void sigmoidShares<S>(std::span<const S>, int, std::span<S>);                                      \
  template void sigmoidSharesBackward<S>(std::span<const S>, int, std::span<const S>, std::span<S>);
INSTANTIATE(float)
INSTANTIATE(double)

}  // namespace core
