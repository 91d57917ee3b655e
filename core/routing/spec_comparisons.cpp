// metrics-coactivation, metrics-saturation and metrics-jensen-shannon.
#include <vector>

#include "core/routing/coactivation.h"
#include "core/routing/jensen_shannon.h"
#include "core/routing/saturation.h"
#include "core/routing/spec_methods.h"

namespace core {

template <class S>
Result<nlohmann::json> specMetricsCoactivation(SpecCase& in) {
  const int E = in.integer("E", 1, 1024);
  const auto ids = in.choices("ids", E);
  const std::string pairs = in.word("pairs");
  if (pairs != "all" && pairs != "adjacent") in.complain("pairs", "all or adjacent", pairs);
  if (in.failed()) return in.error();
  const Coactivation out =
      coactivation(ids.values, E, std::max(ids.dim(1), 1), pairs == "all" ? PairScope::All : PairScope::Adjacent);
  const auto counts = [](const std::vector<int64_t>& values) {
    return std::vector<int32_t>(values.begin(), values.end());
  };
  return nlohmann::json{{"pair_counts", toJson(counts(out.pairs), {E, E})},
                        {"expert_counts", toJson(counts(out.count), {E})},
                        {"rate", toJson(out.rate, {E, E})}};
}
INSTANTIATE_SPEC(specMetricsCoactivation)

template <class S>
Result<nlohmann::json> specMetricsSaturation(SpecCase& in) {
  const int E = in.integer("E", 1, 1 << 20);
  const auto early = in.ids("early", {kAny, kAny, kAny}, 0, E - 1);
  const int L = early.dim(0), T = early.dim(1), K = early.dim(2);
  const auto final = in.ids("final", {L, T, K}, 0, E - 1);
  if (in.failed()) return in.error();
  const size_t layer = static_cast<size_t>(T) * static_cast<size_t>(K);
  std::vector<double> topK, top1, sameSet;
  for (size_t at = 0; at < early.values.size(); at += layer) {
    const Saturation out =
        saturation(std::span(early.values).subspan(at, layer), std::span(final.values).subspan(at, layer), K);
    topK.push_back(out.topK);
    top1.push_back(out.top1);
    sameSet.push_back(out.sameSet);
  }
  return nlohmann::json{{"topk", toJson(topK, {L})},
                        {"top1", toJson(top1, {L})},
                        {"same_set", toJson(sameSet, {L})},
                        {"chance_topk", static_cast<double>(K) / E},
                        {"chance_top1", 1.0 / E}};
}
INSTANTIATE_SPEC(specMetricsSaturation)

template <class S>
Result<nlohmann::json> specMetricsJensenShannon(SpecCase& in) {
  const auto counts = in.ids("counts", {kAny, kAny}, 0, 1 << 30);
  const int categories = counts.dim(0);
  if (categories > 1024) in.complain("counts", "at most 1024 categories", std::to_string(categories));
  if (in.failed()) return in.error();
  const size_t n = static_cast<size_t>(categories), E = static_cast<size_t>(counts.dim(1));
  const std::vector<int64_t> table(counts.values.begin(), counts.values.end());
  std::vector<double> jsd, distance;
  for (size_t i = 0; i < n * n; ++i) {
    jsd.push_back(jensenShannon(std::span(table).subspan(i / n * E, E), std::span(table).subspan(i % n * E, E)));
    distance.push_back(jensenShannonDistance(jsd.back()));
  }
  return nlohmann::json{{"jsd", toJson(jsd, {categories, categories})},
                        {"distance", toJson(distance, {categories, categories})}};
}
INSTANTIATE_SPEC(specMetricsJensenShannon)

}  // namespace core
