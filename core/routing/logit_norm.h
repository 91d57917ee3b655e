// Skywork's logit normalisation: every token's logits are brought to the same spread, so that the router's sharpness is
// one number lambda for all tokens:   l' = lambda (l - mean) / std
//
// std over the E logits with `ddof` 1 (torch.std, what the released code divides by) or 0 (population; the report does
// not say). logits 1 2 3: std 1 or .816, so l' = -1 0 1 or -1.22 0 1.22. Logits that are all equal (std 0) give zeros.
#pragma once

#include <span>

namespace core {

// `out` may be `logits`.
template <class S>
void normaliseLogits(std::span<const S> logits /* (T, E) */, int E, S lambda, int ddof, std::span<S> out /* (T, E) */);

// gradLogits += the gradient through mean and std.
template <class S>
void normaliseLogitsBackward(std::span<const S> logits /* (T, E) */, int E, S lambda, int ddof,
                             std::span<const S> gradOut /* (T, E) */, std::span<S> gradLogits /* (T, E) */);

}  // namespace core
