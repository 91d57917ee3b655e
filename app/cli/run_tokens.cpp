#include "app/cli/run_tokens.h"

#include "app/cli/console.h"
#include "app/cli/model_options.h"
#include "core/text/tokenizer.h"

namespace app {
namespace {

std::shared_ptr<const core::Model> modelOf(const core::RunInfo& info) {
  for (const std::string& place : {info.modelPath, info.modelName}) {
    if (place.empty()) continue;
    auto model = openModel(place);
    if (model && (*model)->contentHash == info.modelHash) return *model;
  }
  return nullptr;
}

}  // namespace

std::function<std::string(int32_t)> tokenTextOf(const core::Trace& trace) {
  if (trace.empty() || !trace.has(core::Hook::TopIds)) return {};
  const auto model = modelOf(trace.info());
  if (model && model->tokenizer) {
    return [tokenizer = model->tokenizer](int32_t id) { return tokenizer->pieceText(id); };
  }
  say(fmt::format("the tokenizer of {} is not at hand: likely tokens are shown by their ids",
                  visibleText(trace.info().modelName)));
  return {};
}

}  // namespace app
