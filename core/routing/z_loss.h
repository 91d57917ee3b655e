// Router z-loss (ST-MoE eq. 5): keeps logits small, so that low precision does not round them.
//
//   L = mean_t (ln sum_e exp l_te)^2, over all E experts
//
// Its minimum 0 is where the logsumexp is 0, so logits of a trained router turn negative. OLMoE's fork of megablocks
// divides by K as well.
#pragma once

#include <span>

namespace core {

template <class S>
S zLoss(std::span<const S> logits /* (T, E) */, int E);

// gradLogits[t,e] += gradLoss (2 / T) logsumexp_t p_te
template <class S>
void zLossBackward(std::span<const S> logits /* (T, E) */, int E, S gradLoss, std::span<S> gradLogits /* (T, E) */);

}  // namespace core
