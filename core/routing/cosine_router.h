// Tutel's cosine router: a logit says in which direction a token points, not how long it is, so that experts cannot win
// by the size of their embedding. x is projected to a small width W, both sides are normalised, and a learned
// temperature sharpens:
//
//   h = P x + b;   l_e = cos(h, S_e) exp(min(logScale, ln 100));   logScale starts at ln 2
//
// S_e is column e of S. Norms are clamped at 1e-12 from below.
#pragma once

#include <span>

namespace core {

template <class S>
struct CosineRouter {
  std::span<const S> projection;  // P (W, D)
  std::span<const S> bias;        // b (W)
  std::span<const S> embedding;   // S (W, E)
  S logScale = 0;
  int D = 0, W = 0, E = 0;
};

template <class S>
void cosineLogits(const CosineRouter<S>& router, std::span<const S> x /* (T, D) */, std::span<S> logits /* (T, E) */);

template <class S>
struct CosineGradients {
  std::span<S> x;           // (T, D)
  std::span<S> projection;  // (W, D)
  std::span<S> bias;        // (W)
  std::span<S> embedding;   // (W, E)
  S logScale = 0;
};

// Adds to every gradient.
template <class S>
void cosineLogitsBackward(const CosineRouter<S>& router, std::span<const S> x /* (T, D) */,
                          std::span<const S> gradLogits /* (T, E) */, CosineGradients<S>& gradients);

}  // namespace core
