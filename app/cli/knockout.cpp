// `expertscope knockout`: every expert silenced in turn, and what that does to one prediction; or the choices that a
// rounding of the router, or another wording of the prompt, would flip.
#include <algorithm>
#include <cmath>

#include "app/cli/close_calls.h"
#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/keep_run.h"
#include "app/cli/model_options.h"
#include "app/cli/run_options.h"
#include "app/cli/store_options.h"
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
  CloseCallsAsked close;
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

// None: all of them.
std::optional<int> layerNamed(const std::string& text) {
  int layer = -1;
  if (text == "all" || !CLI::detail::lexical_cast(text, layer)) return std::nullopt;
  return layer;
}

std::string checkLayer(const std::string& text) {
  if (text == "all" || layerNamed(text).value_or(-1) >= 0) return {};
  return fmt::format("expected all or a layer from 0 on, found {}", visibleText(text));
}

std::vector<int> layersOf(const core::ModelConfig& config, const std::optional<int>& only) {
  if (only) return {*only};
  std::vector<int> layers;
  for (int l = 0; l < config.layers; ++l) {
    if (config.layer[static_cast<size_t>(l)].moe) layers.push_back(l);
  }
  return layers;
}

// What is wrong with the layer and the token that were asked for.
std::string knockoutProblem(const KnockoutCommand& options, const core::ModelConfig& config, size_t tokens) {
  const std::optional<int> layer = layerNamed(options.layer);
  std::string problem = placeProblem("--layer", layer.value_or(0), config.layers);
  if (problem.empty() && layer && !config.layer[static_cast<size_t>(*layer)].moe)
    problem = fmt::format("--layer {}: this layer has no experts", *layer);
  if (problem.empty() && options.token) problem = placeProblem("--token", *options.token, static_cast<int64_t>(tokens));
  return problem;
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

std::string table(const core::Trace& trace, const core::Knockout& knockout, int token,
                  const core::Tokenizer* tokenizer) {
  const auto top = trace.ints(core::Hook::TopIds, 0, token);
  const std::string likeliest =
      top.empty() ? "-" : visibleText(tokenizer ? tokenizer->pieceText(top[0]) : fmt::format("#{}", top[0]));
  std::string text = fmt::format("each expert silenced in turn: the prediction after {}, most likely \"{}\"\n",
                                 tokenPlace(trace, token), likeliest);
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

// Options of the sweep that close calls would not read.
std::string closeCallsProblem(const CLI::App& command, const KnockoutCommand& options) {
  if (!options.close.isAny()) return {};
  const std::string mine = options.close.rounding ? "--close-calls" : "--paraphrase";
  for (const char* option : {"--layer", "--token", "--only-token", "--seed", "--resamples", "--store"}) {
    if (command.get_option(option)->count() == 0) continue;
    return fmt::format("{} is of the sweep; it does not go with {}, which looks at all layers and tokens", option,
                       mine);
  }
  return {};
}

Outcome runKnockout(const CLI::App& command, const KnockoutCommand& options) {
  if (const std::string problem = closeCallsProblem(command, options); !problem.empty())
    return wrongUsage(command, problem);
  if (options.prompt.given() == 0) return wrongUsage(command, "nothing to run; give --prompt, --prompt-file or --ids");
  TRY_ASSIGN(const auto model, openModel(options.model.model));
  if (model->config.router.experts == 0) return core::fail("there is nothing to knock out: this model has no experts");
  TRY_ASSIGN(const Prompt prompt, readPrompt(*model, options.prompt));
  if (const std::string problem = knockoutProblem(options, model->config, prompt.ids.size()); !problem.empty())
    return wrongUsage(command, problem);
  RunOptionsCli run;
  run.capture = "routing";
  TRY_ASSIGN(const core::RunRequest request, makeRequest(*model, run, prompt));
  TRY_ASSIGN(const auto engine, openEngine(model, options.model));
  TRY_ASSIGN(const FinishedRun finished, runWithProgress(engine, request));
  if (finished.result().cancelled) return core::cancelled();
  const core::Trace& trace = finished.result().trace;
  if (options.close.isAny()) {
    TRY_ASSIGN(const CloseCallsFound found,
               findCloseCalls(options.close, model, engine, options.model.threads, options.prompt, trace));
    const bool cancelled = found.calls.cancelled;
    if (options.json) {
      Json document = startKnockoutDocument(trace);
      document["state"] = cancelled ? "interrupted" : "complete";
      document["close_calls"] = closeCallsDocument(options.close, found);
      TRY_STATUS(print(core::jsonText(document) + "\n"));
    } else {
      TRY_STATUS(print(closeCallsText(options.close, found, trace)));
    }
    return cancelled ? kFailed : kDone;
  }
  return sweep(options, *model, engine, *finished.session, request, layersOf(model->config, layerNamed(options.layer)));
}

constexpr const char* kFooter =
    "An expert is silenced by a weight of 0, at the token and everywhere before it (--only-token: at it alone); "
    "nothing else\n"
    "changes. KL compares the prediction before and after; the control is an expert drawn at random from those swept, "
    "with\n"
    "a bootstrap interval of the mean. --close-calls rounds one layer's router at a time, as a file of that type "
    "would.\n"
    "--paraphrase runs another wording as the prompt was run and lays both side by side (longest common subsequence): "
    "a\n"
    "token that stands in both is a close call in each layer where other experts were chosen.";

}  // namespace

void addKnockout(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("knockout", "Silence every expert in turn and see which mattered for a token");
  auto options = std::make_shared<KnockoutCommand>();
  addModelOption(*command, options->model);
  addPromptOptions(*command, options->prompt);
  addEngineOptions(*command, options->model);
  command->add_option("--layer", options->layer, "all, or one layer")
      ->capture_default_str()
      ->check(CLI::Validator(checkLayer, ""));
  command->add_option("--token", options->token, "the prediction after this token is judged; the last if not given")
      ->check(CLI::Range(0, 1 << 24));
  command->add_flag("--only-token", options->onlyToken, "silence at this token alone");
  command->add_option("--seed", options->seed, "of the resampling")->capture_default_str()->check(wholeFromZero());
  command->add_option("--resamples", options->resamples, "of the bootstrap")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  auto* rounding = command
                       ->add_option("--close-calls", options->close.rounding,
                                    "instead: choices that rounding the router to bf16 or q8_0 would flip")
                       ->check(CLI::IsMember({"bf16", "q8_0"}));
  command
      ->add_option("--paraphrase", options->close.paraphrase,
                   "instead: choices that are others in this text, at tokens that it shares with the prompt")
      ->excludes(rounding);
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
