// metrics-load, metrics-drops and null-drop-curve.
#include <cmath>
#include <vector>

#include "core/routing/drops.h"
#include "core/routing/load.h"
#include "core/routing/null_drop_curve.h"
#include "core/routing/score.h"
#include "core/routing/select.h"
#include "core/routing/spec_methods.h"

namespace core {

template <class S>
Result<nlohmann::json> specMetricsLoad(SpecCase& in) {
  const auto logits = in.array<S>("logits", {kAny, kAny});
  const int T = logits.dim(0), E = logits.dim(1);
  const int K = in.integer("k", 1, E);
  const S threshold = static_cast<S>(in.number("threshold", 0, 1e30));
  if (in.failed()) return in.error();

  const size_t tokens = static_cast<size_t>(T), choices = tokens * static_cast<size_t>(K);
  std::vector<int32_t> ids(choices), idsByProb(choices);
  std::vector<S> margins(tokens), probMargins(tokens), probs(logits.values.size());
  topK<S>(logits.values, E, K, ids, margins);
  softmaxRows<S>(logits.values, E, probs);
  topK<S>(probs, E, K, idsByProb, probMargins);
  const std::vector<int32_t> load = expertLoad(ids, E);
  const LoadSummary<S> summary = summariseLoad<S>(load);
  const S entropy = routingEntropy<S>(logits.values, E);
  return nlohmann::json{{"ids", toJson(ids, {T, K})},
                        {"load", toJson(load, {E})},
                        {"share", toJson(summary.share, {E})},
                        {"over_ideal", toJson(summary.overIdeal, {E})},
                        {"max_violation", toJson(summary.maxViolation)},
                        {"cv", toJson(summary.cv)},
                        {"entropy", toJson(summary.entropy)},
                        {"entropy_normalised", toJson(summary.entropyNormalised)},
                        {"unused", summary.unused},
                        {"routing_entropy", toJson(entropy)},
                        {"routing_entropy_normalised", toJson(normaliseEntropy(entropy, E))},
                        {"margins", toJson(margins, {T})},
                        {"prob_margins", toJson(probMargins, {T})},
                        {"close", toJson(closeShare<S>(margins, threshold))}};
}
INSTANTIATE_SPEC(specMetricsLoad)

template <class S>
Result<nlohmann::json> specMetricsDrops(SpecCase& in) {
  const auto flags = in.ids("kept", {kAnyOrNone, kAny}, 0, 1);
  if (in.failed()) return in.error();
  const std::vector<uint8_t> kept(flags.values.begin(), flags.values.end());
  const DropsByQuarter drops = dropsByQuarter(kept, std::max(flags.dim(1), 1));
  nlohmann::json quarters = nlohmann::json::array();
  for (const DropShares& quarter : drops.quarters) {
    quarters.push_back({{"tokens", quarter.tokens},
                        {"choice_share", toJson(quarter.choices)},
                        {"any_share", toJson(quarter.any)},
                        {"all_share", toJson(quarter.all)}});
  }
  return nlohmann::json{
      {"quarters", quarters}, {"choice_share", toJson(drops.choices)}, {"left_behind", toJson(drops.leftBehind)}};
}
INSTANTIATE_SPEC(specMetricsDrops)

template <class S>
Result<nlohmann::json> specNullDropCurve(SpecCase& in) {
  constexpr int kLongest = 1 << 20, kMostExperts = 1 << 12;
  constexpr int64_t kMostWork = int64_t{1} << 26;
  const int T = in.integer("T", 0, kLongest), E = in.integer("E", 1, kMostExperts), C = in.integer("C", 0, 1 << 30);
  std::vector<double> shares(static_cast<size_t>(E), 1.0 / E);
  if (in.raw("shares").is_array()) {
    shares = in.array<double>("shares", {E}).values;
    double sum = 0;
    for (double share : shares) {
      sum += share;
      if (share < 0) in.complain("shares", "shares from 0", fmt::format("{}", share));
    }
    if (!(std::abs(sum - 1) < 1e-6)) in.complain("shares", "shares that sum to 1", fmt::format("a sum of {}", sum));
    if (int64_t{T} * E > kMostWork)
      in.complain("T", fmt::format("T times E up to {}", kMostWork), fmt::format("{} times {}", T, E));
  } else if (const std::string word = in.word("shares"); word != "uniform") {
    in.complain("shares", "an array or \"uniform\"", word);
  }
  if (in.failed()) return in.error();
  const std::vector<double> curve = nullDropCurve(shares, T, C);
  const auto summary = summariseDropCurve(curve);
  return nlohmann::json{{"curve", toJson(curve, {T})},
                        {"summary", toJson<double>(std::span<const double>(summary), {7})}};
}
INSTANTIATE_SPEC(specNullDropCurve)

}  // namespace core
