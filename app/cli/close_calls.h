// Choices that were close: what a rounding of the router, or another wording of the prompt, flips. `knockout` prints
// them.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/cli/model_options.h"
#include "app/cli/prompt_options.h"
#include "core/engine/close_calls.h"
#include "core/engine/engine.h"
#include "core/trace/trace.h"

namespace app {

// One of the two.
struct CloseCallsAsked {
  std::optional<std::string> rounding;    // bf16, q8_0
  std::optional<std::string> paraphrase;  // a text
  bool isAny() const { return rounding || paraphrase; }
};

struct CloseCallsFound {
  core::CloseCalls calls;
  int sharedTokens = 0;  // with a paraphrase: tokens of the prompt that stand in it as well
};

// Of a run of the model on `prompt`. A paraphrase is run as the prompt was: with special tokens, in the same chat form.
core::Result<CloseCallsFound> findCloseCalls(const CloseCallsAsked& asked,
                                             const std::shared_ptr<const core::Model>& model,
                                             const std::shared_ptr<core::Engine>& engine, int threads,
                                             const PromptOptions& prompt, const core::Trace& run);

nlohmann::json closeCallsDocument(const CloseCallsAsked& asked, const CloseCallsFound& found);
std::string closeCallsText(const CloseCallsAsked& asked, const CloseCallsFound& found, const core::Trace& run);

// token 3 " time"
std::string tokenPlace(const core::Trace& run, int token);

}  // namespace app
