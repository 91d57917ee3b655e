#include "app/cli/close_calls.h"

#include <cmath>

#include "app/cli/console.h"
#include "app/cli/run_options.h"
#include "ui/views/close_calls_view.h"

namespace app {
namespace {

using Json = nlohmann::json;

core::Result<CloseCallsFound> roundRouters(const std::string& name, const std::shared_ptr<const core::Model>& model,
                                           int threads, const core::Trace& run) {
  const InterruptGuard guard;
  ProgressLine line("rounding");
  const core::RouterRounding rounding = core::routerRoundingNamed(name).value_or(core::RouterRounding::Bf16);
  TRY_ASSIGN(core::CloseCalls calls, core::closeCalls(model, run, rounding, threads, [&](double done) {
               line.update(done, name);
               return !InterruptGuard::interrupted();
             }));
  return CloseCallsFound{std::move(calls), 0};
}

core::Result<CloseCallsFound> runBeside(const std::string& text, const core::Model& model,
                                        const std::shared_ptr<core::Engine>& engine, const PromptOptions& like,
                                        const core::Trace& run) {
  const bool plain = like.noSpecial || like.idsOption->count() > 0;
  TRY_ASSIGN(const Prompt prompt, encodePrompt(model, text, {plain, like.chat}));
  RunOptionsCli options;
  options.capture = "routing";
  TRY_ASSIGN(const core::RunRequest request, makeRequest(model, options, prompt));
  TRY_ASSIGN(const FinishedRun beside, runWithProgress(engine, request));
  if (beside.result().cancelled) return core::cancelled();
  ui::CloseCallsFound found = ui::callsBeside(run, beside.result().trace);
  return CloseCallsFound{std::move(found.calls), found.tokens};
}

}  // namespace

core::Result<CloseCallsFound> findCloseCalls(const CloseCallsAsked& asked,
                                             const std::shared_ptr<const core::Model>& model,
                                             const std::shared_ptr<core::Engine>& engine, int threads,
                                             const PromptOptions& prompt, const core::Trace& run) {
  if (asked.rounding) return roundRouters(*asked.rounding, model, threads, run);
  return runBeside(asked.paraphrase.value_or(""), *model, engine, prompt, run);
}

Json closeCallsDocument(const CloseCallsAsked& asked, const CloseCallsFound& found) {
  Json flips = Json::array();
  for (const core::Flip& flip : found.calls.flips) {
    const auto margin = static_cast<double>(flip.margin);
    flips.push_back({{"layer", flip.layer},
                     {"token", flip.token},
                     {"before", flip.before},
                     {"after", flip.after},
                     {"margin", std::isfinite(margin) ? Json(margin) : Json(nullptr)}});
  }
  return {{"rounding", asked.rounding ? Json(*asked.rounding) : Json(nullptr)},
          {"paraphrase", asked.paraphrase ? Json(*asked.paraphrase) : Json(nullptr)},
          {"shared_tokens", asked.paraphrase ? Json(found.sharedTokens) : Json(nullptr)},
          {"decisions", found.calls.decisions},
          {"flips", flips}};
}

std::string closeCallsText(const CloseCallsAsked& asked, const CloseCallsFound& found, const core::Trace& run) {
  const core::CloseCalls& calls = found.calls;
  std::string text =
      asked.paraphrase
          ? fmt::format("{} of {} choices are others in the paraphrase, at the {} tokens that both texts have\n",
                        calls.flips.size(), calls.decisions, found.sharedTokens)
          : fmt::format("{} of {} choices would be others if a router were rounded to {}\n", calls.flips.size(),
                        calls.decisions, asked.rounding.value_or(""));
  for (const core::Flip& flip : calls.flips) {
    const std::string margin = std::isfinite(flip.margin) ? fmt::format("{:.2g}", flip.margin) : "-";
    text += fmt::format("L{} {}: {} -> {}, margin {}\n", flip.layer, tokenPlace(run, flip.token),
                        fmt::join(flip.before, " "), fmt::join(flip.after, " "), margin);
  }
  return text;
}

std::string tokenPlace(const core::Trace& run, int token) {
  return fmt::format("token {} \"{}\"", token, visibleText(run.texts()[static_cast<size_t>(token)]));
}

}  // namespace app
