// Scores of a router. A token x asks every expert "how well do you suit me?" and gets one number per expert, the logit.
// A score is what the logit becomes before it is used as a weight: softmax (shares that sum to 1 over the experts) or
// sigmoid (each expert judged alone).
//
//   logits   2    0    0        softmax  .787  .107  .107        sigmoid  .881  .500  .500
//
// Selection never happens here and never on softmax values: with logits 800, 100, 90 the last two probabilities are
// both zero, and their order is lost (see select.h). T tokens, D width, E experts; everything row-major.
#pragma once

#include <span>

namespace core {

// A sum that keeps what rounding loses (Neumaier), so that it hardly depends on the order of its terms: two tokens
// whose logits are permutations of each other get equal probabilities, and serving orders that compare probabilities
// tie there.
template <class S>
class CarefulSum {
 public:
  void add(S term) {
    const S total = m_total + term;
    const bool larger = (m_total < 0 ? -m_total : m_total) >= (term < 0 ? -term : term);
    m_lost += larger ? (m_total - total) + term : (term - total) + m_total;
    m_total = total;
  }
  S value() const { return m_total + m_lost; }

 private:
  S m_total = 0;
  S m_lost = 0;
};

// logits[t,e] = sum_d x[t,d] w[e,d] (+ bias[e]). `bias` may be empty.
template <class S>
void routerLogits(std::span<const S> x /* (T, D) */, std::span<const S> w /* (E, D) */,
                  std::span<const S> bias /* (E) */, int D, int E, std::span<S> logits /* (T, E) */);

// Adds to whichever gradients are not empty.
template <class S>
void routerLogitsBackward(std::span<const S> x /* (T, D) */, std::span<const S> w /* (E, D) */, int D, int E,
                          std::span<const S> gradLogits /* (T, E) */, std::span<S> gradX /* (T, D) */,
                          std::span<S> gradW /* (E, D) */, std::span<S> gradBias /* (E) */);

// ln sum_e exp l_e, -infinity for a row of -infinity.
template <class S>
S logSumExp(std::span<const S> logits /* (E) */);

// p_e = exp l_e / sum exp l. `probs` may be `logits`. A row of -infinity (everything masked) gives zeros.
template <class S>
void softmaxRow(std::span<const S> logits /* (E) */, std::span<S> probs /* (E) */);

// softmaxRow of every row of E numbers.
template <class S>
void softmaxRows(std::span<const S> logits /* (T, E) */, int E, std::span<S> probs /* (T, E) */);

// gradLogits_e += p_e (g_e - sum_i p_i g_i), g the gradient with respect to p.
template <class S>
void softmaxBackwardRow(std::span<const S> probs /* (E) */, std::span<const S> gradProbs /* (E) */,
                        std::span<S> gradLogits /* (E) */);

// softmaxBackwardRow of every row of E numbers.
template <class S>
void softmaxBackwardRows(std::span<const S> probs /* (T, E) */, std::span<const S> gradProbs /* (T, E) */, int E,
                         std::span<S> gradLogits /* (T, E) */);

// 1 / (1 + exp -l), without overflow for any l.
template <class S>
S sigmoid(S logit);

// sigmoid of every number; `scores` may be `logits`.
template <class S>
void sigmoidRow(std::span<const S> logits, std::span<S> scores);

// gradLogits_i += g_i s_i (1 - s_i).
template <class S>
void sigmoidBackwardRow(std::span<const S> scores, std::span<const S> gradScores, std::span<S> gradLogits);

// -sum p ln p in nats, 0 ln 0 = 0.
template <class S>
S entropy(std::span<const S> probs /* (E) */);

// gradLogits_e += -g p_e (ln p_e + H): the gradient of g H(softmax l).
template <class S>
void entropyBackwardRow(std::span<const S> probs /* (E) */, S gradEntropy, std::span<S> gradLogits /* (E) */);

}  // namespace core
