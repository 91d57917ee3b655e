// `expertscope knockout`: every expert silenced in turn, and what that does to one prediction; or the choices that a
// rounding of the router would flip.
#include <algorithm>
#include <cmath>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/keep_run.h"
#include "app/cli/model_options.h"
#include "app/cli/run_options.h"
#include "app/cli/store_options.h"
#include "core/engine/close_calls.h"
#include "core/engine/knockout.h"
#include "core/snapshot/provenance.h"
#include "core/text/tokenizer.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using Json = nlohmann::json;

struct KnockoutCommand {
  ModelOptions model;
  PromptOptions prompt;
  std::string layer = "all";
  std::optional<int> token;
  bool onlyToken = false, json = false;
  uint64_t seed = 0;
  int resamples = 1000;
  std::optional<std::string> closeCalls;
  StorePlace store;
  CLI::Option* storeOption = nullptr;
};

// The run and what was swept over it, in the session database.
core::Result<core::RunId> keepSweep(const KnockoutCommand& options, const core::Trace& trace,
                                    const core::KnockoutRequest& request, const core::Knockout& knockout) {
  TRY_ASSIGN(const auto store, openOrCreateStore(options.store));
  TRY_ASSIGN(const core::RunId run, keepRun(*store, trace, "", false));
  core::StoredKnockout sweep = storedKnockout(request, knockout, trace.info().engine.engine);
  sweep.run = run;
  TRY_ASSIGN(const int64_t number, store->addKnockout(sweep));
  say(fmt::format("kept as run {}, knock-out {}", run, number));
  return run;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

core::Result<std::vector<int>> layersOf(const core::ModelConfig& config, const std::string& text) {
  std::vector<int> layers;
  if (text == "all") {
    for (int l = 0; l < config.layers; ++l) {
      if (config.layer[static_cast<size_t>(l)].moe) layers.push_back(l);
    }
    if (layers.empty()) return core::fail("there is nothing to knock out: this model has no experts");
    return layers;
  }
  int layer = -1;
  if (!CLI::detail::lexical_cast(text, layer) || layer < 0 || layer >= config.layers) {
    return core::fail("--layer: expected all or a layer from 0 to {}, found {}", config.layers - 1, text);
  }
  layers.push_back(layer);
  return layers;
}

Json startKnockoutDocument(const core::Trace& trace) {
  Json document = startDocument("knockout");
  document["run"] = core::provenance(trace);
  document["run"].erase("schema");
  document["run"].erase("version");
  document["token"] = nullptr;
  document["effects"] = Json::array();
  document["control"] = nullptr;
  document["close_calls"] = nullptr;
  return document;
}

Json toJson(const core::RandomControl& control) {
  return {{"mean", finite(control.mean)}, {"low", finite(control.low)}, {"high", finite(control.high)}};
}

std::string where(const core::Trace& trace, int token) {
  return fmt::format("token {} \"{}\"", token, visibleText(trace.texts()[static_cast<size_t>(token)]));
}

std::string table(const core::Trace& trace, const core::Knockout& knockout, int token,
                  const core::Tokenizer* tokenizer) {
  const auto top = trace.ints(core::Hook::TopIds, 0, token);
  const std::string likeliest =
      top.empty() ? "-" : visibleText(tokenizer ? tokenizer->pieceText(top[0]) : fmt::format("#{}", top[0]));
  std::string text = fmt::format("each expert silenced in turn: the prediction after {}, most likely \"{}\"\n",
                                 where(trace, token), likeliest);
  text += fmt::format("{:>8} {:>6} {:>9} {:>10} {:>12}\n", "expert", "uses", "KL", "surprisal", "p(likeliest)");
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:+.4f}", value) : std::string("-");
  };
  auto effects = knockout.effects;
  std::stable_sort(effects.begin(), effects.end(), [](const auto& a, const auto& b) { return a.kl > b.kl; });
  size_t unused = 0;
  for (const core::ExpertEffect& e : effects) {
    if (e.uses == 0) {
      ++unused;
      continue;
    }
    text += fmt::format("{:>8} {:>6} {:>9.4f} {:>10} {:>12}{}\n", fmt::format("L{}E{}", e.layer, e.expert), e.uses,
                        e.kl, number(e.surprisal), number(e.predicted), e.kl > knockout.kl.high ? " *" : "");
  }
  text += fmt::format("{} experts were not used: no effect\n", unused);
  text += fmt::format("an expert at random: KL {:.4f} [{:.4f}, {:.4f}] (mean, 95 % bootstrap); * above it\n",
                      knockout.kl.mean, knockout.kl.low, knockout.kl.high);
  return text;
}

Outcome sweep(const KnockoutCommand& options, const core::Model& model, const std::shared_ptr<core::Engine>& engine,
              const core::Session& session, const core::RunRequest& request, std::vector<int> layers) {
  const core::Trace& trace = session.trace();
  core::KnockoutRequest knock;
  knock.layers = std::move(layers);
  knock.token = options.token.value_or(trace.promptTokens() - 1);
  knock.onlyToken = options.onlyToken;
  knock.seed = options.seed;
  knock.resamples = options.resamples;
  const InterruptGuard guard;
  ProgressLine line("silencing");
  TRY_ASSIGN(const core::Knockout knockout, core::knockOut(engine, session, request, knock, [&](double done) {
               line.update(done, fmt::format("{:.0f} %", 100 * done));
               return !InterruptGuard::interrupted();
             }));
  if (knockout.cancelled) say("stopped; what was swept until then is shown");
  std::optional<core::RunId> kept;
  if (options.storeOption->count() > 0) {
    TRY_ASSIGN(kept, keepSweep(options, trace, knock, knockout));
  }
  if (options.json) {
    Json document = startKnockoutDocument(trace);
    document["token"] = knock.token;
    document["only_token"] = knock.onlyToken;
    if (kept) document["kept"] = *kept;
    document["state"] = knockout.cancelled ? "interrupted" : "complete";
    for (const core::ExpertEffect& e : knockout.effects) {
      document["effects"].push_back({{"layer", e.layer},
                                     {"expert", e.expert},
                                     {"uses", e.uses},
                                     {"kl", finite(e.kl)},
                                     {"surprisal_change", finite(e.surprisal)},
                                     {"predicted_change", finite(e.predicted)}});
    }
    document["control"] = {{"resamples", knock.resamples},
                           {"seed", knock.seed},
                           {"kl", toJson(knockout.kl)},
                           {"surprisal_change", toJson(knockout.surprisal)},
                           {"predicted_change", toJson(knockout.predicted)}};
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    TRY_STATUS(print(table(trace, knockout, knock.token, model.tokenizer.get())));
  }
  return knockout.cancelled ? kFailed : kDone;
}

Outcome findCloseCalls(const KnockoutCommand& options, const std::shared_ptr<const core::Model>& model,
                       const core::Trace& trace) {
  const core::RouterRounding rounding =
      core::routerRoundingNamed(*options.closeCalls).value_or(core::RouterRounding::Bf16);
  const InterruptGuard guard;
  ProgressLine line("rounding");
  TRY_ASSIGN(const core::CloseCalls calls,
             core::closeCalls(model, trace, rounding, options.model.threads, [&](double done) {
               line.update(done, *options.closeCalls);
               return !InterruptGuard::interrupted();
             }));
  if (options.json) {
    Json document = startKnockoutDocument(trace);
    document["state"] = calls.cancelled ? "interrupted" : "complete";
    Json flips = Json::array();
    for (const core::Flip& flip : calls.flips) {
      flips.push_back({{"layer", flip.layer},
                       {"token", flip.token},
                       {"before", flip.before},
                       {"after", flip.after},
                       {"margin", finite(static_cast<double>(flip.margin))}});
    }
    document["close_calls"] = {{"rounding", *options.closeCalls}, {"decisions", calls.decisions}, {"flips", flips}};
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    std::string text = fmt::format("{} of {} choices would be others if a router were rounded to {}\n",
                                   calls.flips.size(), calls.decisions, *options.closeCalls);
    for (const core::Flip& flip : calls.flips) {
      text += fmt::format("L{} {}: {} -> {}, margin {:.2g}\n", flip.layer, where(trace, flip.token),
                          fmt::join(flip.before, " "), fmt::join(flip.after, " "), flip.margin);
    }
    TRY_STATUS(print(text));
  }
  return calls.cancelled ? kFailed : kDone;
}

Outcome runKnockout(const CLI::App& command, const KnockoutCommand& options) {
  if (options.closeCalls && options.storeOption->count() > 0)
    return wrongUsage(command, "--store keeps what was swept; it does not go with --close-calls");
  if (options.prompt.given() == 0) return wrongUsage(command, "nothing to run; give --prompt, --prompt-file or --ids");
  TRY_ASSIGN(const auto model, openModel(options.model.model));
  TRY_ASSIGN(std::vector<int> layers, layersOf(model->config, options.layer));
  TRY_ASSIGN(const Prompt prompt, readPrompt(*model, options.prompt));
  RunOptionsCli run;
  run.capture = "routing";
  TRY_ASSIGN(const core::RunRequest request, makeRequest(*model, run, prompt));
  TRY_ASSIGN(const auto engine, openEngine(model, options.model));
  TRY_ASSIGN(const FinishedRun finished, runWithProgress(engine, request));
  if (finished.result().cancelled) return core::cancelled();
  if (options.closeCalls) return findCloseCalls(options, model, finished.result().trace);
  return sweep(options, *model, engine, *finished.session, request, std::move(layers));
}

constexpr const char* kFooter =
    "An expert is silenced by a weight of 0, at the token and everywhere before it (--only-token: at it alone); "
    "nothing else\n"
    "changes. KL compares the prediction before and after; the control is an expert drawn at random from those swept, "
    "with\n"
    "a bootstrap interval of the mean. --close-calls rounds one layer's router at a time, as a file of that type "
    "would.";

}  // namespace

void addKnockout(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("knockout", "Silence every expert in turn and see which mattered for a token");
  auto options = std::make_shared<KnockoutCommand>();
  addModelOption(*command, options->model);
  addPromptOptions(*command, options->prompt);
  addEngineOptions(*command, options->model);
  command->add_option("--layer", options->layer, "all, or one layer")->capture_default_str();
  command->add_option("--token", options->token, "the prediction after this token is judged; the last if not given")
      ->check(CLI::Range(0, 1 << 24));
  command->add_flag("--only-token", options->onlyToken, "silence at this token alone");
  command->add_option("--seed", options->seed, "of the resampling")->capture_default_str()->check(wholeFromZero());
  command->add_option("--resamples", options->resamples, "of the bootstrap")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  command
      ->add_option("--close-calls", options->closeCalls,
                   "instead: choices that rounding the router to bf16 or q8_0 would flip")
      ->check(CLI::IsMember({"bf16", "q8_0"}));
  options->storeOption =
      command
          ->add_option("--store", options->store.file,
                       "keep run and sweep in this session database, the user's own if no file is given")
          ->expected(0, 1);
  command->add_flag("--json", options->json, "print a JSON document");
  command->footer(kFooter);
  command->callback([=, &action] { action = [=] { return runKnockout(*command, *options); }; });
}

}  // namespace app
