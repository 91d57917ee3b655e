#include "app/cli/intervene.h"

#include <algorithm>
#include <cmath>

#include "app/cli/console.h"
#include "app/cli/input.h"
#include "app/cli/keep_run.h"
#include "core/engine/intervention_json.h"
#include "core/snapshot/atomic_file.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/text/tokenizer.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using Json = nlohmann::json;

constexpr size_t kMostFileBytes = size_t{1} << 20;
constexpr int kMostRows = 40;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

core::Result<core::IntervenedRun> runWithProgress(const std::shared_ptr<core::Engine>& engine,
                                                  const core::IntervenedRequest& request) {
  const InterruptGuard guard;
  ProgressLine line("running twice");
  core::RunCallbacks callbacks;
  callbacks.progress = [&](const core::RunProgress& progress) {
    line.update(progress.share, fmt::format("{} of {} tokens", progress.done, progress.total));
    return !InterruptGuard::interrupted();
  };
  return core::runIntervened(engine, request, callbacks);
}

std::filesystem::path originalPath(const std::filesystem::path& out) {
  std::filesystem::path path = out;
  path.replace_filename(out.stem().string() + ".original" + out.extension().string());
  return path;
}

}  // namespace

Json differencesDocument(const core::IntervenedRun& run) {
  Json json = {{"label", run.label},
               {"first_changed", run.firstChanged},
               {"from_start", run.fromStart},
               {"interventions", run.changed.info().interventions}};
  json["tokens"] = Json::array();
  for (const core::TokenDifference& d : run.tokens) {
    json["tokens"].push_back({{"token", d.token},
                              {"kl", finite(d.kl)},
                              {"surprisal_before", finite(d.surprisalBefore)},
                              {"surprisal_after", finite(d.surprisalAfter)},
                              {"top_before", d.topBefore},
                              {"top_after", d.topAfter},
                              {"top_probability_before", finite(d.topProbabilityBefore)},
                              {"top_probability_after", finite(d.topProbabilityAfter)},
                              {"target_before", finite(d.targetBefore)},
                              {"target_after", finite(d.targetAfter)},
                              {"distractor_before", finite(d.distractorBefore)},
                              {"distractor_after", finite(d.distractorAfter)}});
  }
  json["layers"] = Json::array();
  for (const core::LayerDifference& d : run.layers) {
    json["layers"].push_back({{"layer", d.layer},
                              {"first_token", d.firstToken < 0 ? Json(nullptr) : Json(d.firstToken)},
                              {"tokens", d.tokens}});
  }
  return json;
}

std::string differencesTable(const core::IntervenedRun& run, const core::Tokenizer* tokenizer) {
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.3f}", value) : std::string("-");
  };
  const auto piece = [&](int32_t id) {
    return id < 0 ? std::string("-") : visibleText(tokenizer ? tokenizer->pieceText(id) : fmt::format("#{}", id));
  };
  std::string text = run.label + "\n";
  text += fmt::format("{:>6}  {} {:>8} {:>9} {:>9}  {} {}\n", "token", padded("text", 16), "KL", "surprisal", "changed",
                      padded("likeliest next", 24), "changed");
  const size_t skipped = run.tokens.size() > kMostRows ? run.tokens.size() - kMostRows : 0;
  if (skipped > 0) text += fmt::format("({} tokens before these; --json has all)\n", skipped);
  for (size_t i = skipped; i < run.tokens.size(); ++i) {
    const core::TokenDifference& d = run.tokens[i];
    text += fmt::format("{:>6}  {} {:>8} {:>9} {:>9}  {} {}\n", d.token,
                        padded(visibleText(run.original.texts()[static_cast<size_t>(d.token)]), 16), number(d.kl),
                        number(d.surprisalBefore), number(d.surprisalAfter),
                        padded(fmt::format("{} {:.0f} %", piece(d.topBefore), 100 * d.topProbabilityBefore), 24),
                        fmt::format("{} {:.0f} %", piece(d.topAfter), 100 * d.topProbabilityAfter));
  }
  text += "routing parts at:";
  for (const core::LayerDifference& d : run.layers) {
    text += d.firstToken < 0 ? fmt::format("  L{} nowhere", d.layer)
                             : fmt::format("  L{} token {} ({} tokens)", d.layer, d.firstToken, d.tokens);
  }
  if (!run.tokens.empty() && std::isfinite(run.tokens.back().targetAfter)) {
    const core::TokenDifference& last = run.tokens.back();
    text += fmt::format("\nafter token {}: target {} -> {}", last.token, number(last.targetBefore),
                        number(last.targetAfter));
    if (std::isfinite(last.distractorAfter))
      text += fmt::format(", distractor {} -> {}", number(last.distractorBefore), number(last.distractorAfter));
  }
  return text + "\n";
}

core::Result<core::IntervenedRequest> readInterventions(const core::ModelConfig& config, const std::string& file) {
  TRY_ASSIGN(const std::string text, readInput(file, kMostFileBytes));
  TRY_ASSIGN(core::InterventionFile said, core::parseInterventions(text, file, config));
  core::IntervenedRequest request;
  request.target = said.target;
  request.distractor = said.distractor;
  auto changes = core::Interventions::make(std::move(said.list), config);
  if (!changes) return core::failAt(file, changes.error());
  request.interventions = *changes;
  return request;
}

Outcome traceIntervened(const core::Model& model, const std::shared_ptr<core::Engine>& engine,
                        const core::IntervenedRequest& request, const InterveneOptions& options) {
  TRY_ASSIGN(const core::IntervenedRun run, runWithProgress(engine, request));
  if (run.cancelled) say("stopped; what was run until then is kept");

  const Json differences = differencesDocument(run);
  core::SnapshotOptions changed{!options.omitPrompt, {{"state", run.cancelled ? "interrupted" : "complete"}}},
      original = changed;
  if (options.keep) {
    TRY_ASSIGN(const auto store, openOrCreateStore(options.store));
    TRY_ASSIGN(const core::RunId parent, keepRun(*store, run.original, "", false));
    const std::string name = fmt::format("{}", fmt::join(run.changed.info().interventions, "; "));
    TRY_ASSIGN(const core::RunId child, keepRun(*store, run.changed, name, run.cancelled,
                                                core::RunOrigin{parent, run.firstChanged, "intervention"}));
    say(fmt::format("kept as runs {} and {}", parent, child));
    original.extra["run"] = parent;
    changed.extra["run"] = child;
  }
  if (!options.out.empty()) {
    const std::filesystem::path beside = originalPath(options.out);
    const std::string differencesFile = options.out + ".differences.json";
    TRY_STATUS(core::writeSnapshot(run.changed, options.out, changed));
    TRY_STATUS(core::writeSnapshot(run.original, beside, original));
    TRY_ASSIGN(core::AtomicFile third, core::AtomicFile::create(differencesFile));
    TRY_STATUS(third.write(core::jsonText(differences) + "\n"));
    TRY_STATUS(third.commit());
    say(fmt::format("wrote {}, {} and {}", options.out, beside.string(), differencesFile));
  }
  if (options.json) {
    std::string before;
    TRY_STATUS(core::writeTraceJson(run.original, original, [&](std::string_view bytes) -> core::Status {
      before += bytes;
      return {};
    }));
    changed.extra["differences"] = differences;
    // The original stands as text in front of the changed run's last brace: no tree of it is built.
    std::string after;
    TRY_STATUS(core::writeTraceJson(run.changed, changed, [&](std::string_view bytes) -> core::Status {
      after += bytes;
      return {};
    }));
    while (!after.empty() && after.back() != '}') after.pop_back();
    after.pop_back();
    while (!before.empty() && before.back() != '}') before.pop_back();
    TRY_STATUS(print(after + ",\"original\":" + before + "}\n"));
  } else {
    TRY_STATUS(print(differencesTable(run, model.tokenizer.get())));
  }
  return run.cancelled ? kFailed : kDone;
}

}  // namespace app
