// Top-p routing (Dynamic_MoE, arXiv 2403.07652): a sure token uses few experts, a hesitant one many. Experts are taken
// by descending probability until their sum first exceeds the threshold; the one that crosses it is taken too, and all
// are taken if it never does. Weights are the raw p.
//
//   p .5 .3 .2:  threshold .4 -> 1 expert    .5 -> 2 (.5 does not exceed .5)    1 -> 3
//
// A flat router buys experts for nothing, hence the entropy loss, mean of -sum p ln p
// (routingInformation().conditional).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace core {

template <class S>
struct TopP {
  std::vector<int32_t> begin;  // (T + 1) token t's experts are ids[begin[t] .. begin[t+1])
  std::vector<int32_t> ids;    // best first; ties to the lower index
  std::vector<S> weights;      // p, beside ids
};

template <class S>
TopP<S> topP(std::span<const S> logits /* (T, E) */, int E, S threshold);

}  // namespace core
