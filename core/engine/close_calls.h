// Tokens whose routing would be another if the router's weights were rounded as quantised files round them. One layer's
// router at a time: every layer before it is as it was, so its input is the run's own and a differing choice is due to
// the rounding alone.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/trace/trace.h"

namespace core {

enum class RouterRounding : uint8_t {
  Bf16,  // to nearest, ties to even
  Q8_0,  // blocks of 32 inputs: d = max |w| / 127 as a half, w = d round(w / d)
};
std::optional<RouterRounding> routerRoundingNamed(std::string_view name);  // bf16, q8_0

void roundRouter(RouterRounding rounding, int columns, std::vector<float>& weights /* (E, D) */);

struct Flip {
  int layer = 0, token = 0;
  std::vector<int32_t> before, after;  // rank order
  float margin = 0;                    // of the run
};

struct CloseCalls {
  std::vector<Flip> flips;  // by layer, token
  int64_t decisions = 0;    // tokens x layers that were looked at
  bool cancelled = false;
};

// Over the prompt of a run on this model. `progress` with the share done; false cancels. Errors: those of an engine.
Result<CloseCalls> closeCalls(const std::shared_ptr<const Model>& model, const Trace& run, RouterRounding rounding,
                              int threads, const std::function<bool(double)>& progress = {});

}  // namespace core
