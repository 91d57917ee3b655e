// The load-balancing loss: E sum_e f_e P_e, with f_e how often expert e was chosen and P_e the mean of its scores. f
// counts choices and carries no gradient; the loss pushes P down where f is large. Projects differ in what f sums to,
// hence in the value for a uniform router:
//
//   FirstChoice  f = first choices / T          sums to 1, uniform value 1   Switch; GShard's E^2 mean(f P) is the same
//   number PerToken     f = choices / T                sums to K, uniform value K   transformers (Mixtral, OLMoE),
//   flaxformer PerChoice    f = choices / (K T)            sums to 1, uniform value 1   megablocks, Megatron, DeepSeek
//
// The uniform value is no lower bound: with p = (.51 .49) twice and (0 1) once, f = (2/3 1/3), P = (.34 .66) and the
// loss .895. Losses here are without their coefficient alpha.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace core {

enum class BalanceForm { FirstChoice, PerToken, PerChoice };
std::optional<BalanceForm> balanceFormFromName(std::string_view name);  // switch = gshard, hf_topk = flaxformer, per_choice
int uniformBalance(BalanceForm form, int K);

template <class S>
struct BalanceLoss {
  std::vector<S> f;  // (E)
  std::vector<S> P;  // (E)
  S loss = 0;
};

// Tokens may have different numbers of experts: -1 in ids is a choice that the token does not have. f of FirstChoice is
// then over the first choices that are there, f of PerChoice over the choices that are there; PerToken sums to the mean
// number of choices. P is of all tokens.
//
// `counted` (T) is 0 for tokens that enter neither f nor P (padding); empty: all count. NaN if none counts.
template <class S>
BalanceLoss<S> balanceLoss(BalanceForm form, std::span<const S> scores /* (T, E) */, int E,
                           std::span<const int32_t> ids /* (T, K) */, int K, std::span<const uint8_t> counted = {});

// gradScores[t,e] += gradLoss E f_e / (tokens counted).
template <class S>
void balanceLossBackward(const BalanceLoss<S>& loss, S gradLoss, std::span<S> gradScores /* (T, E) */,
                         std::span<const uint8_t> counted = {});

// The scores of sigmoid routers in this loss (DeepSeek-V3, Megatron): s_e / sum over all E of s.
template <class S>
void sigmoidShares(std::span<const S> logits /* (T, E) */, int E, std::span<S> shares /* (T, E) */);
template <class S>
void sigmoidSharesBackward(std::span<const S> logits /* (T, E) */, int E, std::span<const S> gradShares /* (T, E) */,
                           std::span<S> gradLogits /* (T, E) */);

}  // namespace core
