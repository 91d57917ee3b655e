// Differentiable top-k by coordinate descent (CoLT5): the relaxed choice soft in (0, 1] of about k' entries of a row s.
//
//   k' = min(k ratio, E);  cur = max(epsInit or eps, eps);  a = 0, b = -s;  n times:
//     a = cur (ln k' - logsumexp((s + b) / cur));   b = -relu(s + a);   cur = max(cur decay, eps)
//   soft = exp((s + a + b) / cur)       with the LAST, already decayed cur
//
// Large s end with s + a + b = 0, so soft = 1; small ones fall off exponentially. The choice itself is the top k of s,
// with gate = soft + stop(1 - soft), of value 1 and the gradient of soft.
#pragma once

#include <span>
#include <vector>

namespace core {

template <class S>
struct SoftTopKOptions {
  S wanted = 1;  // k', at least a fraction of an entry
  int iterations = 20;
  S eps = static_cast<S>(0.1);
  S epsInit = 0;  // 0: eps
  S decay = 1;
};

// The published router's: k' = k 9/8.
inline constexpr float kSoftTopKRatio = 1.125F;

// k' = min(k ratio, E).
template <class S>
S wantedEntries(int k, S ratio, int E);

template <class S>
void softTopKRow(std::span<const S> s /* (E) */, const SoftTopKOptions<S>& options, std::span<S> soft /* (E) */);

// gradS += the gradient of sum(gradSoft * soft), back through every iteration.
template <class S>
void softTopKBackwardRow(std::span<const S> s /* (E) */, const SoftTopKOptions<S>& options,
                         std::span<const S> gradSoft /* (E) */, std::span<S> gradS /* (E) */);

}  // namespace core
