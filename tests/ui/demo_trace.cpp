#include "tests/ui/demo_trace.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace test {
namespace {

using core::Array;
using core::Block;
using core::Hook;
using core::Stream;

const std::vector<std::string> kStory = {
    "There", " was",  " a",   " boy",  " named", " Max", " who",  " liked", " to",   " play", " in",     " the",
    " sh",   "op",    ".",    " He",   " saw",   " a",   " big",  " red",   " bird", " near", " the",    " water",
    ".",     " He",   " was", " very", " happy", " and", " said", ",",      " \"",   "L",     "ook",     ",",
    " Tim",  "!",     " I",   " will", " help",  " you", ".\"",   " Max",   " and",  " Max",  " played", " with",
    " the",  " bird", " and", " the",  " bird",  "s",    " all",  " day",   ".",     " They", " played", " together"};
const std::vector<std::string> kNext = {" tree", " ground", " sky",  " bird",  " big",
                                        " sw",   " rock",   " hole", " water", " f"};

// In [0, 1), from its coordinates.
double noise(uint32_t seed, uint32_t a, uint32_t b, uint32_t c) {
  uint64_t h =
      seed * 0x9E3779B97F4A7C15ull + a * 0xBF58476D1CE4E5B9ull + b * 0x94D049BB133111EBull + c * 0xD6E8FEB86659FD93ull;
  h ^= h >> 31;
  h *= 0xBF58476D1CE4E5B9ull;
  h ^= h >> 29;
  h *= 0x94D049BB133111EBull;
  h ^= h >> 32;
  return static_cast<double>(h >> 11) / 9007199254740992.0;
}

Array floatsOf(Hook hook, int columns, int tokens) {
  Array a;
  a.hook = hook;
  a.columns = columns;
  a.floats.resize(static_cast<size_t>(columns) * static_cast<size_t>(tokens));
  return a;
}

Array intsOf(Hook hook, int columns, int tokens) {
  Array a;
  a.hook = hook;
  a.columns = columns;
  a.ints.resize(static_cast<size_t>(columns) * static_cast<size_t>(tokens));
  return a;
}

float* rowOf(Array& a, int token) {
  return a.floats.data() + static_cast<size_t>(a.columns) * static_cast<size_t>(token);
}

void route(const DemoOptions& o, int layer, int token, Array& logits, Array& scores, Array& ids, Array& weights,
           Array& margin, Array& entropy) {
  float* l = rowOf(logits, token);
  float* p = rowOf(scores, token);
  double sum = 0;
  for (int e = 0; e < o.experts; ++e) {
    const double own =
        noise(o.seed, 1u + static_cast<uint32_t>(layer), static_cast<uint32_t>(token), static_cast<uint32_t>(e));
    const double liked = noise(o.seed + 5, static_cast<uint32_t>(layer), 3, static_cast<uint32_t>(e));
    l[e] = static_cast<float>(-5.2 + 3.4 * own + 0.9 * liked);
    sum += std::exp(static_cast<double>(l[e]));
  }
  std::vector<int> order(static_cast<size_t>(o.experts));
  std::iota(order.begin(), order.end(), 0);
  double h = 0;
  for (int e = 0; e < o.experts; ++e) {
    p[e] = static_cast<float>(std::exp(static_cast<double>(l[e])) / sum);
    if (p[e] > 0) h -= static_cast<double>(p[e]) * std::log(static_cast<double>(p[e]));
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return p[a] > p[b]; });
  for (int k = 0; k < o.chosen; ++k) {
    ids.ints[static_cast<size_t>(token) * static_cast<size_t>(o.chosen) + static_cast<size_t>(k)] =
        order[static_cast<size_t>(k)];
    rowOf(weights, token)[k] = p[order[static_cast<size_t>(k)]];
  }
  const auto last = static_cast<size_t>(o.chosen - 1);
  rowOf(margin, token)[0] = o.chosen < o.experts ? p[order[last]] - p[order[last + 1]] : std::nanf("");
  rowOf(entropy, token)[0] = static_cast<float>(h);
}

struct LedgerArrays {
  Array norm, share, outNorm, effect, predicted;
};

void ledger(const DemoOptions& o, bool dense, int layer, int token, const Array& weights, LedgerArrays& a) {
  const core::LedgerParts parts{o.chosen};
  const auto u = [&](uint32_t what) {
    return noise(o.seed + 99, static_cast<uint32_t>(layer), static_cast<uint32_t>(token), what);
  };
  float* norm = rowOf(a.norm, token);
  float* share = rowOf(a.share, token);
  norm[core::LedgerParts::residual()] = layer == 0 ? 0.9f : static_cast<float>(42 + 12 * u(1));
  norm[core::LedgerParts::attention()] = static_cast<float>((layer == 0 ? 36 : 10) + 12 * u(2));
  for (int k = 0; k < o.chosen; ++k) {
    norm[core::LedgerParts::expert(k)] = dense ? 0.0f
                                               : weights.floats[static_cast<size_t>(token * o.chosen + k)] *
                                                     static_cast<float>(20 + 12 * u(10 + static_cast<uint32_t>(k)));
  }
  norm[parts.shared()] = dense || !o.sharedExpert ? 0.0f : static_cast<float>(5 + 9 * u(3));
  norm[parts.dense()] = dense ? static_cast<float>(8 + 10 * u(4)) : 0.0f;
  norm[parts.remainder()] = 5e-5f;
  double sum = 0;
  for (int c = 0; c < parts.count(); ++c) {
    const double turn = c == 0 ? 0.93 : 0.15 + 0.5 * u(30 + static_cast<uint32_t>(c)) - (c == 3 ? 0.25 : 0);
    share[c] = c == parts.remainder() ? 0 : static_cast<float>(static_cast<double>(norm[c]) * turn);
    sum += static_cast<double>(share[c]);
  }
  rowOf(a.outNorm, token)[0] = static_cast<float>(sum);
  for (int c = 0; c < parts.count(); ++c) {
    rowOf(a.effect, token)[c] =
        c == parts.remainder() ? 0 : norm[c] * static_cast<float>((u(60 + static_cast<uint32_t>(c)) - 0.35) * 0.03);
    rowOf(a.predicted, token)[c] = rowOf(a.effect, token)[c] * 1.3f;
  }
}

core::Trace withHead(core::Trace trace, const DemoOptions& o, int tokens) {
  Block head;
  head.stream = Stream::Head;
  head.tokens = tokens;
  Array ids = intsOf(Hook::TopIds, core::kTopPredictions, tokens),
        p = floatsOf(Hook::TopProbabilities, core::kTopPredictions, tokens);
  Array h = floatsOf(Hook::PredictionEntropy, 1, tokens), surprisal = floatsOf(Hook::Surprisal, 1, tokens);
  for (int t = 0; t < tokens; ++t) {
    const bool inside = noise(o.seed, 77, static_cast<uint32_t>(t), 0) < 0.7;
    double value = 0.16 + 0.3 * noise(o.seed, 78, static_cast<uint32_t>(t), 0);
    for (int i = 0; i < core::kTopPredictions; ++i) {
      const auto at = static_cast<size_t>(t * core::kTopPredictions + i);
      const bool actual = inside && i == 8 && t + 1 < trace.length();
      ids.ints[at] = actual ? trace.ids()[static_cast<size_t>(t) + 1] : 9000 + i;
      p.floats[at] = static_cast<float>(value);
      if (actual) surprisal.floats[static_cast<size_t>(t)] = static_cast<float>(-std::log(value));
      value *= 0.4 + 0.4 * noise(o.seed, 79, static_cast<uint32_t>(t), static_cast<uint32_t>(i));
    }
    if (!inside)
      surprisal.floats[static_cast<size_t>(t)] =
          static_cast<float>(6 + 3 * noise(o.seed, 80, static_cast<uint32_t>(t), 0));
    h.floats[static_cast<size_t>(t)] = static_cast<float>(2 + 4 * noise(o.seed, 81, static_cast<uint32_t>(t), 0));
  }
  head.arrays = {std::move(ids), std::move(p), std::move(h)};
  trace = trace.with(std::move(head));
  Block next;
  next.stream = Stream::HeadNext;
  next.tokens = std::min(tokens, trace.length() - 1);
  if (next.tokens <= 0) return trace;
  surprisal.floats.resize(static_cast<size_t>(next.tokens));
  next.arrays = {std::move(surprisal)};
  return trace.with(std::move(next));
}

}  // namespace

core::Trace demoTrace(const DemoOptions& o) {
  auto config = std::make_shared<core::ModelConfig>();
  config->family = "demo";
  config->layers = o.layers;
  config->width = 64;
  config->vocabulary = 10000;
  config->router.experts = o.experts;
  config->router.chosen = o.chosen;
  config->shared = o.sharedExpert ? core::SharedExpert::Summed : core::SharedExpert::None;
  config->routedBias = o.routedBias;
  config->layer.resize(static_cast<size_t>(o.layers));
  for (auto& layer : config->layer) layer.moe = o.experts > 0;
  for (const int dense : o.denseLayers) config->layer[static_cast<size_t>(dense)].moe = false;
  auto info = std::make_shared<core::RunInfo>();
  info->modelName = "seed-7m";
  info->config = config;
  info->promptTokens = std::min(o.prompt, o.tokens);
  info->capture = o.capture;
  info->capacity = {o.capacity && o.experts > 0, true, core::CapacityRule::Gshard, o.factor, 4};
  core::Trace trace(info);
  const std::vector<std::string>& words = o.words.empty() ? kStory : o.words;
  std::vector<int32_t> ids;
  std::vector<std::string> texts;
  for (int t = 0; t < o.tokens; ++t) {
    ids.push_back(static_cast<int32_t>(static_cast<size_t>(t) % words.size()));
    texts.push_back(words[static_cast<size_t>(t) % words.size()]);
  }
  trace = trace.withIds(std::move(ids), std::move(texts));
  const int T = std::min(o.tokens, o.recorded >= 0 ? o.recorded : o.tokens);
  if (T == 0) return trace;
  const int P = core::LedgerParts{o.chosen}.count();
  for (int layer = 0; layer < o.layers; ++layer) {
    const bool moe = config->layer[static_cast<size_t>(layer)].moe;
    Array logits = floatsOf(Hook::RouterLogits, o.experts, T), scores = floatsOf(Hook::RouterScores, o.experts, T);
    Array chosen = intsOf(Hook::RouterIds, o.chosen, T), weights = floatsOf(Hook::RouterWeights, o.chosen, T);
    Array margin = floatsOf(Hook::RouterMargin, 1, T), entropy = floatsOf(Hook::RouterEntropy, 1, T);
    LedgerArrays l{floatsOf(Hook::LedgerNorm, P, T), floatsOf(Hook::LedgerOutputShare, P, T),
                   floatsOf(Hook::LedgerOutNorm, 1, T), floatsOf(Hook::LedgerActualEffect, P, T),
                   floatsOf(Hook::LedgerPredictedEffect, P, T)};
    for (int t = 0; t < T; ++t) {
      if (moe) route(o, layer, t, logits, scores, chosen, weights, margin, entropy);
      ledger(o, !moe, layer, t, weights, l);
    }
    Block block;
    block.layer = layer;
    block.tokens = T;
    if (moe) block.arrays = {logits, scores, chosen, weights, margin, entropy};
    const bool kept = o.capture >= core::Capture::Ledger;
    if (kept) block.arrays.insert(block.arrays.end(), {l.norm, l.share, l.outNorm});
    if (!block.arrays.empty()) trace = trace.with(std::move(block));
    if (!kept) continue;
    Block head;
    head.stream = Stream::LayerHead;
    head.layer = layer;
    head.tokens = T;
    head.arrays = {l.predicted};
    trace = trace.with(std::move(head));
    const int known = std::min(T, o.tokens - 1);
    if (known <= 0) continue;
    Block next;
    next.stream = Stream::LayerNext;
    next.layer = layer;
    next.tokens = known;
    l.effect.floats.resize(static_cast<size_t>(known * P));
    next.arrays = {l.effect};
    trace = trace.with(std::move(next));
  }
  return withHead(std::move(trace), o, T);
}

ui::ViewSource demoSource(const DemoOptions& o) {
  ui::ViewSource source = ui::makeViewSource(demoTrace(o));
  source.tokenText = [](int32_t id) {
    if (id >= 9000 && id < 9010) return kNext[static_cast<size_t>(id - 9000)];
    return id >= 0 && static_cast<size_t>(id) < kStory.size() ? kStory[static_cast<size_t>(id)] : std::string(" x");
  };
  return source;
}

}  // namespace test
