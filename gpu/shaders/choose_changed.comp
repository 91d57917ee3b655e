#version 450
#extension GL_GOOGLE_include_directive : require
// The whole choice of a token by a recipe of its own, an invocation a token: what interventions ask for, by numbers
// (core/engine/intervention.h says in which order; gpu/routing_changes.h how they lie). A token that nothing acts on has
// the recipe of the model's own router. Rows of ids are as wide as the token with the most choices; behind a token's
// last one stands -1 with weight 0.
#include "shared.h"
#include "rank.glsl"
layout(local_size_x_id = 0) in;
layout(set = 0, binding = 0) readonly buffer Logits { float logits[]; };    // (T, E)
layout(set = 0, binding = 1) buffer Changed { float l[]; };                 // (T, E) cooled, banned, normed
layout(set = 0, binding = 2) buffer Scores { float scores[]; };             // (T, E)
layout(set = 0, binding = 3) buffer Selection { float selection[]; };       // (T, E) what the choice sees
layout(set = 0, binding = 4) buffer Ids { uint ids[]; };                    // (T, columns)
layout(set = 0, binding = 5) buffer Applied { float applied[]; };           // (T, columns)
layout(set = 0, binding = 6) readonly buffer Changes { uint changes[]; };
layout(set = 0, binding = 7) readonly buffer Bias { float bias[]; };        // (E)
layout(push_constant) uniform Push { ChangeParams p; };
#include "groups.glsl"

const uint kNobody = 0xffffffffu;
float lowest() { return uintBitsToFloat(0xff800000u); }

float real(uint word) { return uintBitsToFloat(changes[word]); }

// 1 / (1 + exp(-x)), without overflow for any x.
float sigmoid(float x) {
  const float share = exp(-abs(x));
  return (x < 0 ? share : 1) / (1 + share);
}

// l = lambda (l - mean) / standard deviation with the divisor E - 1; zeros where all are equal.
void normalise(uint row, float lambda) {
  const float zero = l[row];
  float mean = 0, squares = 0;
  for (uint e = 0; e < p.experts; ++e) mean += l[row + e] - zero;
  mean /= float(p.experts);
  for (uint e = 0; e < p.experts; ++e) {
    const float off = l[row + e] - zero - mean;
    squares += off * off;
  }
  const float spread = p.experts > 1 ? sqrt(squares / float(p.experts - 1)) : 0;
  for (uint e = 0; e < p.experts; ++e) l[row + e] = spread > 0 ? lambda * (l[row + e] - zero - mean) / spread : 0;
}

void score(uint row, bool bySigmoid) {
  float top = lowest(), sum = 0;
  for (uint e = 0; e < p.experts; ++e) top = max(top, l[row + e]);
  for (uint e = 0; e < p.experts; ++e) {
    const float share = bySigmoid ? sigmoid(l[row + e]) : top == lowest() ? 0 : exp(l[row + e] - top);
    scores[row + e] = share;
    sum += share;
  }
  if (bySigmoid || top == lowest()) return;
  for (uint e = 0; e < p.experts; ++e) scores[row + e] /= sum;
}

// The `count` largest of selection, as topKRow.
void choose(uint row, uint to, uint count) {
  uint lastRank = 0xffffffffu, lastExpert = 0;
  for (uint j = 0; j < count; ++j) {
    uint bestRank = 0, best = p.experts;
    for (uint e = 0; e < p.experts; ++e) {
      const uint r = rankOf(selection[row + e]);
      const bool after = r < lastRank || (r == lastRank && e > lastExpert);
      if (after && (best == p.experts || r > bestRank)) {
        bestRank = r;
        best = e;
      }
    }
    ids[to + j] = best;
    lastRank = bestRank;
    lastExpert = best;
  }
}

void weigh(uint row, uint to, uint count, uint form, float scale) {
  float top = lowest(), sum = form == kWeightSigmoidRenorm ? 1e-20 : 0;
  for (uint j = 0; j < count; ++j) {
    const uint at = row + ids[to + j];
    top = max(top, form == kWeightDoubleSoftmax ? scores[at] : l[at]);
  }
  for (uint j = 0; j < count; ++j) {
    const uint at = row + ids[to + j];
    const float weight = form == kWeightScore           ? scores[at]
                         : form == kWeightSoftmax       ? exp(l[at] - top)
                         : form == kWeightDoubleSoftmax ? exp(scores[at] - top)
                                                        : sigmoid(l[at]);
    applied[to + j] = weight;
    sum += weight;
  }
  const bool alone = form == kWeightScore || form == kWeightSigmoid;
  for (uint j = 0; j < count; ++j) applied[to + j] = (alone ? applied[to + j] : applied[to + j] / sum) * scale;
}

// As sparse_mixer.comp, but each round weighs the expert that has its place, however far behind the best it is.
void weighRounds(uint row, uint to, float limit) {
  uint removed = p.experts;
  for (uint round = 0; round < 2; ++round) {
    const uint taken = ids[to + round];
    float m = lowest(), sum = 0;
    for (uint e = 0; e < p.experts; ++e) m = e == removed ? m : max(m, l[row + e]);
    for (uint e = 0; e < p.experts; ++e) {
      const float gap = m - l[row + e];
      const bool far = gap > 0 && gap / max(abs(l[row + e]), m) > limit;
      if (e != removed && (!far || e == taken)) sum += exp(-gap);
    }
    applied[to + round] = exp(l[row + taken] - m) / sum;
    removed = taken;
  }
}

bool isChosen(uint to, uint count, uint expert) {
  for (uint j = 0; j < count; ++j) {
    if (ids[to + j] == expert) return true;
  }
  return false;
}

bool isForced(uint forces, uint forced, uint expert) {
  for (uint i = 0; i < forced; ++i) {
    if (changes[forces + i] == expert) return true;
  }
  return false;
}

void main() {
  const uint t = gl_GlobalInvocationID.x;
  if (t >= p.tokens) return;
  const uint row = t * p.experts, to = t * p.columns, recipe = changes[p.table + t];
  const uint kind = changes[recipe + kRecipeKind], count = changes[recipe + kRecipeChosen];
  const uint banned = changes[recipe + kRecipeBanned], forced = changes[recipe + kRecipeForced];
  const uint swapped = changes[recipe + kRecipeSwapped], scaled = changes[recipe + kRecipeScaled];
  const uint bans = recipe + kRecipeWords, forces = bans + banned, swaps = forces + forced, scales = swaps + 2 * swapped;
  const float temperature = real(recipe + kRecipeTemperature), lambda = real(recipe + kRecipeLambda);

  for (uint e = 0; e < p.experts; ++e) l[row + e] = logits[row + e] / temperature;
  if (kind == kChooseNormed && banned > 0) normalise(row, lambda);  // the spread is that of all experts
  for (uint i = 0; i < banned; ++i) l[row + changes[bans + i]] = lowest();
  for (uint e = 0; e < p.experts; ++e) selection[row + e] = l[row + e];
  if (kind == kChooseNormed && banned == 0) normalise(row, lambda);  // which keeps the order
  score(row, changes[recipe + kRecipeSigmoid] != 0);
  if (kind == kChooseGrouped) {
    for (uint e = 0; e < p.experts; ++e) selection[row + e] = scores[row + e] + (p.biased != 0 ? bias[e] : 0);
    for (uint i = 0; i < banned; ++i) selection[row + changes[bans + i]] = lowest();
    limitToGroups(row, p.experts, changes[recipe + kRecipeGroups], changes[recipe + kRecipeGroupsChosen],
                  changes[recipe + kRecipePairScore] != 0);
  }
  for (uint j = count; j < p.columns; ++j) {
    ids[to + j] = kNobody;
    applied[to + j] = 0;
  }
  choose(row, to, count);
  uint place = count;
  for (uint i = 0; i < forced && place > 0; ++i) {
    const uint expert = changes[forces + i];
    if (isChosen(to, count, expert)) continue;
    while (place > 0 && isForced(forces, forced, ids[to + place - 1])) --place;
    if (place > 0) ids[to + --place] = expert;
  }
  if (kind == kChooseMixer) {
    weighRounds(row, to, real(recipe + kRecipeLimit));
  } else {
    weigh(row, to, count, changes[recipe + kRecipeForm], real(recipe + kRecipeScale));
  }
  for (uint j = 0; j < count; ++j) {
    uint id = ids[to + j];
    for (uint i = 0; i < swapped; ++i) {
      const uint one = changes[swaps + 2 * i], other = changes[swaps + 2 * i + 1];
      id = id == one ? other : id == other ? one : id;
    }
    ids[to + j] = id;
    for (uint i = 0; i < scaled; ++i) {
      if (changes[scales + 2 * i] == id) applied[to + j] *= real(scales + 2 * i + 1);
    }
  }
}
