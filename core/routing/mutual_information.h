// Mutual information between tokens and experts. A good router is sure about each token (small conditional entropy) and
// uses all experts over many tokens (large marginal entropy); MI = H_marginal - H_conditional, and the loss is minus
// that (ModuleFormer). Two tokens, p = (1 0) and (0 1): H_conditional 0, H_marginal ln 2, loss -ln 2. Nats throughout.
#pragma once

#include <cstdint>
#include <span>

namespace core {

template <class S>
struct RoutingInformation {
  S marginal = 0;     // -sum_e m_e ln(m_e + eps), m the mean of p over tokens
  S conditional = 0;  // mean over tokens of -sum_e p_e ln p_e: top-p's entropy loss
  S loss() const { return conditional - marginal; }
};

// eps 0, or ModuleFormer's 1e-8.
template <class S>
RoutingInformation<S> routingInformation(std::span<const S> probs /* (T, E) */, int E, S eps);

// gradLogits += gradMarginal dH_marginal/dl + gradConditional dH_conditional/dl, through p = softmax(l).
template <class S>
void routingInformationBackward(std::span<const S> probs /* (T, E) */, int E, S eps, S gradMarginal, S gradConditional,
                                std::span<S> gradLogits /* (T, E) */);

struct TableInformation {
  double mi = 0;          // sum_ce q_ce ln(q_ce / (q_c q_e)), q the counts over their total
  double normalised = 0;  // mi / min(ln E, H(category)); NaN where that is 0
};

// Of a count table, categories x experts (Mod-Squad). NaN for a table of zeros.
TableInformation tableInformation(std::span<const int64_t> counts /* (categories, E) */, int E);

}  // namespace core
