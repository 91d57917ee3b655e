#include "app/cli/keep_run.h"

#include <algorithm>
#include <span>

namespace app {

core::Result<core::RunId> keepRun(core::SessionStore& store, const core::Trace& trace, const std::string& name,
                                  bool interrupted, const std::optional<core::RunOrigin>& origin) {
  const auto prompt = static_cast<size_t>(std::min(trace.promptTokens(), trace.length()));
  TRY_ASSIGN(const auto writer, store.beginRun(trace.info(), std::span(trace.ids()).first(prompt),
                                               std::span(trace.texts()).first(prompt)));
  TRY_STATUS(writer->finish(trace, interrupted ? core::RunEnd::Interrupted : core::RunEnd::Complete));
  if (!name.empty()) TRY_STATUS(store.rename(writer->id(), name));
  if (origin) TRY_STATUS(store.setOrigin(writer->id(), *origin));
  return writer->id();
}

core::StoredKnockout storedKnockout(const core::KnockoutRequest& request, const core::Knockout& knockout,
                                    const std::string& engine) {
  core::StoredKnockout stored;
  stored.token = request.token;
  stored.onlyToken = request.onlyToken;
  stored.complete = !knockout.cancelled;
  stored.engine = engine;
  stored.seed = request.seed;
  stored.resamples = request.resamples;
  for (const core::ExpertEffect& e : knockout.effects)
    stored.effects.push_back({e.layer, e.expert, e.uses, e.kl, e.surprisal, e.predicted});
  return stored;
}

}  // namespace app
