#include "core/engine/close_calls.h"

#include <algorithm>
#include <cmath>

#include "core/base/half.h"
#include "core/engine/cpu_engine.h"
#include "core/engine/ops.h"
#include "core/engine/run.h"

namespace core {
namespace {

constexpr int kBlock = 32;

// The model with one layer's router rounded; `weights` is what it reads.
std::shared_ptr<const Model> rounded(const Model& model, int layer, RouterRounding rounding,
                                     std::vector<float>& weights) {
  auto copy = std::make_shared<Model>(model);
  Tensor& router = copy->weights.layer[static_cast<size_t>(layer)].router.weight;
  weights.resize(static_cast<size_t>(router.elements()));
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = ops::element(router, static_cast<int64_t>(i));
  roundRouter(rounding, static_cast<int>(router.columns()), weights);
  router.data = reinterpret_cast<const std::byte*>(weights.data());
  router.type = DType::F32;
  return copy;
}

std::vector<int32_t> sorted(std::span<const int32_t> ids) {
  std::vector<int32_t> set(ids.begin(), ids.end());
  std::sort(set.begin(), set.end());
  return set;
}

}  // namespace

std::optional<RouterRounding> routerRoundingNamed(std::string_view name) {
  if (name == "bf16") return RouterRounding::Bf16;
  if (name == "q8_0") return RouterRounding::Q8_0;
  return std::nullopt;
}

void roundRouter(RouterRounding rounding, int columns, std::vector<float>& weights) {
  if (rounding == RouterRounding::Bf16) {
    for (float& w : weights) w = bf16ToFloat(floatToBf16(w));
    return;
  }
  for (size_t row = 0; row < weights.size(); row += static_cast<size_t>(columns)) {
    for (int from = 0; from < columns; from += kBlock) {
      const auto block = std::span(weights).subspan(row + static_cast<size_t>(from),
                                                    static_cast<size_t>(std::min(kBlock, columns - from)));
      float most = 0;
      for (const float w : block) most = std::max(most, std::abs(w));
      const float scale = most / 127, inverse = scale > 0 ? 1 / scale : 0, stored = halfToFloat(floatToHalf(scale));
      for (float& w : block) w = stored * std::round(w * inverse);
    }
  }
}

Result<CloseCalls> closeCalls(const std::shared_ptr<const Model>& model, const Trace& run, RouterRounding rounding,
                              int threads, const std::function<bool(double)>& progress) {
  CloseCalls out;
  const ModelConfig& config = model->config;
  const int prompt = std::min(run.promptTokens(), run.tokens(Stream::Layer));
  for (int layer = 0; layer < config.layers && !out.cancelled; ++layer) {
    if (!config.layer[static_cast<size_t>(layer)].moe) continue;
    std::vector<float> weights;
    TRY_ASSIGN(const auto engine, makeCpuEngine(rounded(*model, layer, rounding, weights), threads));
    RunRequest request;
    request.ids.assign(run.ids().begin(), run.ids().begin() + prompt);
    request.capture = Capture::Routing;
    if (run.info().capacity.active && !run.info().capacity.simulated) {
      request.capacityRule = run.info().capacity.rule;
      request.capacityFactor = run.info().capacity.factor;
    }
    RunCallbacks callbacks;
    callbacks.progress = [&](const RunProgress& p) { return !progress || progress((layer + p.share) / config.layers); };
    TRY_ASSIGN(const std::unique_ptr<Session> session, Session::start(engine, request, callbacks));
    out.cancelled = session->result().cancelled;
    const Trace& other = session->trace();
    for (int t = 0; t < std::min(prompt, other.tokens(Stream::Layer, layer)); ++t) {
      const auto before = run.ints(Hook::RouterIds, layer, t), after = other.ints(Hook::RouterIds, layer, t);
      ++out.decisions;
      if (sorted(before) == sorted(after)) continue;
      const auto margin = run.floats(Hook::RouterMargin, layer, t);
      out.flips.push_back(
          {layer, t, {before.begin(), before.end()}, {after.begin(), after.end()}, margin.empty() ? NAN : margin[0]});
    }
  }
  return out;
}

}  // namespace core
