// `expertscope replay RUN --policy P`: what another policy or capacity rule would have chosen from the recorded logits.
#include <cmath>
#include <map>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/keep_run.h"
#include "app/cli/placement_options.h"
#include "app/cli/policy_options.h"
#include "app/cli/push_text.h"
#include "app/cli/run_ref.h"
#include "core/snapshot/provenance.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/run_info_json.h"
#include "core/trace/second_router.h"

namespace app {
namespace {

using Json = nlohmann::json;

constexpr const char* kOpenLoop = "open loop: every layer keeps the input it had in the run";
constexpr const char* kAttention = "the attention router stays as recorded; the block's alone is decided again";

struct ReplayCommand {
  RunRefOptions run;
  PolicyOptionsCli policy;
  PlacementOptionsCli placement;
  std::string out, keep;
  std::optional<int> push, pushLayer;
  bool json = false, omitPrompt = false;
};

struct Replayed {
  core::Trace trace;
  std::vector<core::ReplayMeasures> measures;
  std::optional<double> factor;  // experts a token gets on the mean, where that was asked for in k's place
  // By layer: tokens whose choice depends on later ones; none kept of a causal policy or a long run.
  std::map<int, std::vector<int>> sawLater;
};

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json toJson(const core::ReplayMeasures& m) {
  const auto choices = static_cast<double>(m.choices);
  return {{"layer", m.layer < 0 ? Json(nullptr) : Json(m.layer)},
          {"choices", m.choices},
          {"dropped", m.dropped},
          {"dropped_share", finite(static_cast<double>(m.dropped) / choices)},
          {"tokens", m.tokens},
          {"uncovered", m.uncovered},
          {"changed_share", finite(m.changed)},
          {"changed_tokens_share", finite(m.changedTokens)},
          {"balance_loss", finite(m.balance)},
          {"z_loss", finite(m.zLoss)},
          {"max_violation", finite(m.maxViolation)},
          {"cv", finite(m.cv)},
          {"load_entropy", finite(m.entropy)},
          {"unused", m.unused}};
}

Json toJson(const Replayed& replayed) {
  const core::RunInfo& info = replayed.trace.info();
  Json json = {{"policy", info.replay->policy}, {"settings", info.replay->settings}, {"k", info.replay->k},
               {"causal", info.replay->causal}, {"exact", info.replay->exact},       {"locked", nullptr}};
  if (replayed.factor && *replayed.factor != std::floor(*replayed.factor)) json["k"] = *replayed.factor;
  json["attention_router"] = core::hasAttentionRouter(*info.config) ? Json("as recorded") : Json(nullptr);
  json["capacity"] = core::toJson(info.capacity);
  const core::Serving& serving = info.replay->serving;
  json["serving"] = {{"order", core::servingOrderName(serving.order)},
                     {"seed", serving.seed},
                     {"sequence", serving.sequence > 0 ? Json(serving.sequence) : Json(nullptr)},
                     {"group_sequences", serving.sequences}};
  json["layers"] = Json::array();
  for (const core::ReplayMeasures& row : replayed.measures) {
    if (row.layer < 0) continue;
    json["layers"].push_back(toJson(row));
    const auto seen = replayed.sawLater.find(row.layer);
    json["layers"].back()["saw_later"] = seen == replayed.sawLater.end() ? Json(nullptr) : Json(seen->second);
  }
  json["all"] = toJson(replayed.measures.back());
  return json;
}

std::string label(const core::RunInfo& info) {
  const core::ReplayOrigin& replay = *info.replay;
  std::string text = replay.policy + (replay.settings.empty() ? "" : ", " + replay.settings) + ": " +
                     (replay.exact ? "as the run was" : "simulated") +
                     (replay.causal ? "" : ", not causal: later tokens decide");
  if (info.capacity.active) {
    text += fmt::format("\ncapacity {} x {:g}{}", core::capacityRuleName(info.capacity.rule), info.capacity.factor,
                        info.capacity.simulated ? " (simulated)" : "");
  }
  if (core::hasAttentionRouter(*info.config)) text += std::string("\n") + kAttention;
  return text + "\n" + kOpenLoop + "\n";
}

constexpr const char* kColumns = "{:<28} {:>9} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8} {:>7}\n";

std::string heading(const char* first) {
  return fmt::format(fmt::runtime(kColumns), first, "choices", "changed", "dropped", "no expert", "balance", "z-loss",
                     "MaxVio", "entropy", "unused");
}

std::string line(const std::string& first, const core::ReplayMeasures& m) {
  const auto percent = [](double share) {
    return std::isfinite(share) ? fmt::format("{:.1f} %", 100 * share) : std::string("-");
  };
  const auto number = [](double value) {
    return std::isfinite(value) ? fmt::format("{:.3f}", value) : std::string("-");
  };
  return fmt::format(fmt::runtime(kColumns), first, m.choices, percent(m.changed),
                     percent(static_cast<double>(m.dropped) / static_cast<double>(m.choices)), m.uncovered,
                     number(m.balance), number(m.zLoss), number(m.maxViolation), number(m.entropy), m.unused);
}

std::string chanceLine(const core::Trace& recorded) {
  const double changed = 1 - static_cast<double>(core::choicesPerToken(recorded)) / recorded.config().router.experts;
  return fmt::format(fmt::runtime(kColumns), "by chance, or least", "", fmt::format("{:.1f} %", 100 * changed), "", "",
                     "1", "0", "0", "1", "");
}

std::string table(const Replayed& replayed, const core::Trace& recorded) {
  std::string text = label(replayed.trace.info()) + heading("layer");
  for (const core::ReplayMeasures& row : replayed.measures) {
    text += line(row.layer < 0 ? "all layers" : fmt::format("L{}", row.layer), row);
  }
  text += chanceLine(recorded);
  int64_t seen = 0, tokens = 0;
  for (const auto& [layer, list] : replayed.sawLater) {
    seen += static_cast<int64_t>(list.size());
    tokens += replayed.trace.tokens(core::Stream::Layer, layer);
  }
  if (tokens > 0) {
    text += fmt::format("{} of {} tokens (in layers) would choose otherwise if the run had ended with them\n", seen,
                        tokens);
  }
  return text;
}

core::Result<Replayed> replayWithProgress(const core::Trace& recorded, const core::ReplayOptions& options,
                                          core::ThreadPool& pool) {
  const InterruptGuard guard;
  ProgressLine progress("replaying");
  TRY_ASSIGN(core::Trace trace, core::replay(recorded, options, pool, [&](double done) {
               progress.update(done, std::string(core::policyInfo(options.policy.kind).name));
               return !InterruptGuard::interrupted();
             }));
  Replayed replayed{std::move(trace), {}, options.policy.factor, {}};
  replayed.measures = core::measureReplay(recorded, replayed.trace);
  if (core::policyInfo(options.policy.kind).causal) return replayed;
  for (const core::ReplayMeasures& row : replayed.measures) {
    if (row.layer < 0 || recorded.tokens(core::Stream::Layer, row.layer) > core::kMostTokensLookedBack) continue;
    TRY_ASSIGN(replayed.sawLater[row.layer], core::tokensThatSawLaterOnes(recorded, options, row.layer));
  }
  return replayed;
}

Json startReplayDocument(const core::Trace& recorded, const core::SnapshotOptions& snapshot) {
  Json document = startDocument("replay");
  document["run"] = core::provenance(recorded, snapshot);
  document["run"].erase("schema");
  document["run"].erase("version");
  document["open_loop"] = kOpenLoop;
  const core::RouterConfig& router = recorded.config().router;
  document["chance"] = {
      {"changed_share", 1 - static_cast<double>(core::choicesPerToken(recorded)) / std::max(1, router.experts)},
      {"balance_loss", 1}};
  document["replays"] = Json::array();
  document["placement"] = nullptr;
  return document;
}

// Every policy there is, one row each; what cannot be replayed says why.
Outcome replayAll(const ReplayCommand& options, const ReferredRun& run, core::ThreadPool& pool) {
  const core::RouterConfig router = core::routerOfRun(run.trace);
  Json document = startReplayDocument(run.trace, {!options.omitPrompt, run.extra});
  std::string text = heading("policy"), locked;
  for (const core::PolicyInfo& info : core::policies()) {
    const PolicyOptionsCli given = readBy(info, options.policy);
    auto replayed = replayWithProgress(run.trace, replayOptions(std::string(info.name), given, router), pool);
    if (!replayed && replayed.error().cancelled) return tl::unexpected<core::Error>(replayed.error());
    if (replayed) {
      document["replays"].push_back(toJson(*replayed));
      text +=
          line(std::string(info.name) + (replayed->trace.info().replay->causal ? "" : " *"), replayed->measures.back());
    } else {
      document["replays"].push_back(
          {{"policy", info.name}, {"causal", info.causal}, {"locked", replayed.error().message}});
      locked += fmt::format("{}\n", replayed.error().message);
    }
  }
  text += chanceLine(run.trace) + "* not causal: later tokens decide. " + kOpenLoop + ".\n";
  if (core::hasAttentionRouter(run.trace.config())) text += std::string(kAttention) + ".\n";
  text += "\nlocked:\n" + locked;
  TRY_STATUS(print(options.json ? core::jsonText(document) + "\n" : text));
  return kDone;
}

std::string pushProblem(const ReplayCommand& options, const core::Trace& run) {
  if (!options.push) return {};
  const std::string token = placeProblem("--push", *options.push, run.length());
  return token.empty() ? placeProblem("--layer", options.pushLayer.value_or(0), run.config().layers) : token;
}

Outcome runReplay(const CLI::App& command, const ReplayCommand& options) {
  if (const std::string problem = runRefProblem(options.run); !problem.empty()) return wrongUsage(command, problem);
  const bool all = options.policy.policy == "all";
  if (all && (!options.out.empty() || !options.keep.empty() || options.push || isPlacementAsked(options.placement))) {
    return wrongUsage(command, "--policy all makes a table; --out, --keep, --push and --devices take one policy");
  }
  if (const std::string problem = placementProblem(options.placement); !problem.empty())
    return wrongUsage(command, problem);
  TRY_ASSIGN(const ReferredRun run, openRun(options.run));
  if (run.trace.config().router.experts == 0)
    return core::fail("there is nothing to replay: this model has no experts");
  const core::RouterConfig router = core::routerOfRun(run.trace);
  const std::string problem =
      policyOptionsProblem(options.policy.policy, options.policy, router, run.trace.info().capacity.active);
  if (!problem.empty()) return wrongUsage(command, problem);
  if (options.placement.devices > router.experts)
    return wrongUsage(command, fmt::format("--devices {}: each has one of the {} experts at least",
                                           options.placement.devices, router.experts));
  if (const std::string place = pushProblem(options, run.trace); !place.empty()) return wrongUsage(command, place);
  core::ThreadPool pool(options.run.model.threads);
  if (all) return replayAll(options, run, pool);
  TRY_ASSIGN(const Replayed replayed,
             replayWithProgress(run.trace, replayOptions(options.policy.policy, options.policy, router), pool));
  Json placement;
  if (isPlacementAsked(options.placement)) {
    TRY_ASSIGN(placement, placementDocument(replayed.trace, options.placement));
  }
  Json push;
  if (options.push) {
    const core::Policy policy = replayOptions(options.policy.policy, options.policy, router).policy;
    TRY_ASSIGN(push, pushDocument(replayed.trace, policy, options.pushLayer.value_or(0), *options.push));
  }
  const core::SnapshotOptions snapshot{!options.omitPrompt, run.extra};
  if (!options.out.empty()) TRY_STATUS(core::writeSnapshot(replayed.trace, options.out, snapshot));
  std::optional<core::RunId> kept;
  if (!options.keep.empty()) {
    TRY_ASSIGN(const auto store, openOrCreateStore(options.run.store));
    std::optional<core::RunOrigin> origin;
    if (run.extra.contains("run")) origin = {run.extra["run"].get<core::RunId>(), 0, "replay"};
    TRY_ASSIGN(kept, keepRun(*store, core::standalone(replayed.trace), options.keep, run.isInterrupted(), origin));
    say(fmt::format("kept as run {}", *kept));
  }
  if (options.json) {
    Json document = startReplayDocument(run.trace, snapshot);
    if (kept) document["kept"] = *kept;
    document["replays"].push_back(toJson(replayed));
    document["placement"] = placement;
    if (!push.is_null()) document["push"] = push;
    if (!options.out.empty()) document["out"] = options.out;
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    TRY_STATUS(print(table(replayed, run.trace) + (placement.is_null() ? "" : placementTable(placement)) +
                     (push.is_null() ? "" : pushTable(push))));
    if (!options.out.empty()) say(fmt::format("wrote {}", options.out));
  }
  return run.cancelled ? kFailed : kDone;
}

constexpr const char* kFooter =
    "Policies are named like the golden files of tests/fixtures/routing; own is the model's, all shows every one.\n"
    "Measures: changed = choices of experts that the token did not choose in the run; balance = E sum_e f_e P_e, 1\n"
    "when uniform; z-loss = mean (ln sum exp l)^2; MaxVio = max load / mean load - 1; entropy of the loads over ln E.\n"
    "--capacity-factor gives the slots of --capacity-rule (gshard if not given); with expert-choice alone it is the\n"
    "mean number of experts a token gets, C = round(T factor / E).\n"
    "T is a group's tokens: the run (or the prompt of a family that drops choices), or --group-sequences times\n"
    "--sequence of them from its first on, the last group what is left. A group has its own slots; its second "
    "sequence\n"
    "stands behind its first, rank by rank.\n"
    "Placement is a model of cost, nothing is measured: load_d = kept choices whose expert is on device d; straggler\n"
    "= max load / mean load; bytes = 2 width bytes-a-value sum_t (devices of t other than its home floor(t n / T)),\n"
    "there and back; a device takes ceil(device-capacity choices / n); L_dev, L_comm = DeepSeek's device and\n"
    "communication terms (V2 eq. 23 to 31), sum_d f_d P_d with M = min(k, n). Over all layers straggler, devices and\n"
    "terms are a layer's mean (straggler_worst: the worst layer's), choices, bytes and drops add up. Chance: tokens\n"
    "choose k of E experts evenly. A file of a placement holds a device number for each expert, by lines, blanks or\n"
    "commas; - reads it from standard input.";

}  // namespace

void addReplay(CLI::App& root, Action& action) {
  auto* command =
      root.add_subcommand("replay", "Ask what another routing policy or capacity would have chosen in a recorded run");
  auto options = std::make_shared<ReplayCommand>();
  options->run.options.capture = "routing";
  addRunSource(*command, options->run);
  command->add_option("--generate", options->run.options.generate, "tokens to add to --prompt")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  addPolicyOptions(*command, options->policy, {"all"});
  addPlacementOptions(*command, options->placement);
  auto* push = command
                   ->add_option("--push", options->push,
                                "a token: where the gradient of each balance and z-loss would push its logits, and how "
                                "the weight of each choice hangs on them")
                   ->check(CLI::Range(0, 1 << 24));
  command->add_option("--layer", options->pushLayer, "of --push; 0 if not given")
      ->needs(push)
      ->check(CLI::Range(0, 1 << 16));
  command->add_option("--out", options->out, "write the replayed routing to a file: .safetensors, .npz, .csv or .json")
      ->check(CLI::Validator(checkSnapshotPath, ""));
  command->add_option("--keep", options->keep, "keep the replayed routing in the session database, under this name");
  command->add_flag("--omit-prompt", options->omitPrompt, "leave the prompt's text and ids out of what is written");
  command->add_flag("--json", options->json, "print a JSON document");
  command->footer(kFooter);
  command->callback([=, &action] { action = [=] { return runReplay(*command, *options); }; });
}

}  // namespace app
