// Balance without a loss (arXiv 2408.15664, DeepSeek-V3): each expert has a bias that shifts its selection score. After
// a step the overloaded experts' biases go down by gamma and the underloaded ones' up; an expert exactly at the mean is
// left alone (Megatron-LM uses the sign, which is 0 there). The bias gets no gradient and never enters a weight.
//
//   load 6 2 0 2 2, mean 2.4, gamma .002  ->  bias changes -.002 +.002 +.002 +.002 +.002
#pragma once

#include <cstdint>
#include <span>

namespace core {

// b_e += gamma sign(mean load - load_e)
template <class S>
void updateSelectionBias(std::span<const int32_t> load /* (E) */, S gamma, std::span<S> bias /* (E) */);

}  // namespace core
