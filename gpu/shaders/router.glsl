// The router's steps for one token, and the buffers they share; see core/routing for what each does.
#include "rank.glsl"
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };  // (T, stride)
layout(set = 0, binding = 1) buffer Scores { float scores[]; };           // (T, stride)
layout(set = 0, binding = 2) buffer Ids { uint ids[]; };                  // (T, K)
layout(set = 0, binding = 3) writeonly buffer Applied { float applied[]; };  // (T, K)
layout(push_constant) uniform Push { RouterParams p; };

// scores = softmax(logits); a row of -infinity gives zeros.
void softmaxRow(uint t) {
  const uint row = t * p.stride;
  const float lowest = uintBitsToFloat(0xff800000u);
  float top = lowest;
  for (uint e = 0; e < p.experts; ++e) top = max(top, logits[row + e]);
  float sum = 0;
  for (uint e = 0; e < p.experts; ++e) {
    const float share = top == lowest ? 0 : exp(logits[row + e] - top);
    scores[row + e] = share;
    sum += share;
  }
  if (top == lowest) return;
  for (uint e = 0; e < p.experts; ++e) scores[row + e] /= sum;
}

// ids = the K largest logits, best first; of two equal ones the lower index wins, a NaN ranks below everything. Each
// round takes the first expert in that order that comes after the one taken before.
void topKRow(uint t) {
  const uint row = t * p.stride;
  uint lastRank = 0xffffffffu, lastExpert = 0;
  for (uint j = 0; j < p.chosen; ++j) {
    uint bestRank = 0, best = p.experts;
    for (uint e = 0; e < p.experts; ++e) {
      const uint r = rankOf(logits[row + e]);
      const bool after = r < lastRank || (r == lastRank && e > lastExpert);
      if (after && (best == p.experts || r > bestRank)) {
        bestRank = r;
        best = e;
      }
    }
    ids[t * p.chosen + j] = best;
    lastRank = bestRank;
    lastExpert = best;
  }
}

// scores = 1 / (1 + exp(-logits)), without overflow for any logit.
void sigmoidRow(uint t) {
  const uint row = t * p.stride;
  for (uint e = 0; e < p.experts; ++e) {
    const float logit = logits[row + e], share = exp(-abs(logit));
    scores[row + e] = (logit < 0 ? share : 1) / (1 + share);
  }
}

// The score of each chosen expert, alone or over their sum, the softmax of the chosen logits, or the sigmoid of each; times scale.
void weightsRow(uint t) {
  const uint row = t * p.stride, to = t * p.chosen;
  if (p.form == kWeightScore) {
    for (uint j = 0; j < p.chosen; ++j) applied[to + j] = scores[row + ids[to + j]] * p.scale;
    return;
  }
  if (p.form == kWeightScoreRenorm) {
    float sum = 1e-20;
    for (uint j = 0; j < p.chosen; ++j) sum += scores[row + ids[to + j]];
    for (uint j = 0; j < p.chosen; ++j) applied[to + j] = scores[row + ids[to + j]] / sum * p.scale;
    return;
  }
  if (p.form == kWeightSigmoid) {
    for (uint j = 0; j < p.chosen; ++j) {
      const float logit = logits[row + ids[to + j]], share = exp(-abs(logit));
      applied[to + j] = (logit < 0 ? share : 1) / (1 + share) * p.scale;
    }
    return;
  }
  const float top = logits[row + ids[to]];  // best first
  float sum = 0;
  for (uint j = 0; j < p.chosen; ++j) sum += exp(logits[row + ids[to + j]] - top);
  for (uint j = 0; j < p.chosen; ++j) applied[to + j] = exp(logits[row + ids[to + j]] - top) / sum * p.scale;
}
