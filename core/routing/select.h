// Which experts a token asks. The K largest selection scores, best first; of two equal scores the lower index wins.
// Softmax routers select on the raw logits (the order is that of the probabilities, and nothing underflows to a tie);
// sigmoid routers on sigmoid plus bias; masked entries are -infinity. A NaN ranks below everything.
//
//   scores  1  3  3  0     K = 2  ->  experts 1, 2     margin 3 - 1 = 2
//
// The margin is how far the choice is from being another one: the K-th score minus the (K+1)-th.
#pragma once

#include <cstdint>
#include <span>

namespace core {

// ids = the ids.size() best of one row. Returns the margin, NaN when every entry is chosen (K = E) or all others are
// NaN. `next` gets the best that was not chosen, -1 where there is none.
template <class S>
S topKRow(std::span<const S> scores /* (E) */, std::span<int32_t> ids /* (K) */, int32_t* next = nullptr);

// topKRow of every row. `margins` and `next` may be empty.
template <class S>
void topK(std::span<const S> scores /* (T, E) */, int E, int K, std::span<int32_t> ids /* (T, K) */,
          std::span<S> margins /* (T) */ = {}, std::span<int32_t> next /* (T) */ = {});

}  // namespace core
