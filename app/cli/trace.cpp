// `expertscope trace`: run a model on a prompt and record what its routers do.
#include <optional>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/intervene.h"
#include "app/cli/model_options.h"
#include "app/cli/profile_report.h"
#include "app/cli/run_options.h"
#include "app/cli/store_options.h"
#include "app/cli/stored_run.h"
#include "app/cli/trace_jsonl.h"
#include "app/cli/trace_table.h"
#include "core/snapshot/snapshot.h"

namespace app {
namespace {

struct TraceOptions {
  ModelOptions model;
  PromptOptions prompt;
  RunOptionsCli run;
  std::optional<int> layer;
  std::string out, intervene;
  StorePlace store;
  CLI::Option* storeOption = nullptr;
  bool storeFull = false;
  bool json = false, jsonl = false, omitPrompt = false, profile = false;
};

Outcome runTrace(const CLI::App& command, const TraceOptions& options) {
  if (options.jsonl && (options.prompt.given() > 0 || !options.out.empty())) {
    return wrongUsage(command, "--jsonl reads prompts from standard input and writes to standard output");
  }
  if (options.jsonl && options.storeOption->count() > 0) {
    return wrongUsage(command, "--store keeps one run; it does not go with --jsonl");
  }
  if (!options.intervene.empty() && options.jsonl) {
    return wrongUsage(command, "--intervene compares two runs of one prompt; it does not go with --jsonl");
  }
  if (!options.jsonl && options.prompt.given() == 0) {
    return wrongUsage(command, "nothing to run; give --prompt, --prompt-file or --ids");
  }
  TRY_ASSIGN(const auto model, openModel(options.model.model));
  const int layer = options.layer.value_or(std::max(0, firstExpertLayer(model->config)));
  if (const std::string problem = placeProblem("--layer", layer, model->config.layers); !problem.empty())
    return wrongUsage(command, problem);
  if (options.jsonl) {
    TRY_ASSIGN(const auto engine, openEngine(model, options.model));
    return traceJsonLines(
        *model, engine,
        {options.run, {options.prompt.noSpecial, options.prompt.chat}, options.omitPrompt, options.profile});
  }
  // What is wrong with the prompt is said before an engine is made.
  TRY_ASSIGN(const Prompt prompt, readPrompt(*model, options.prompt));
  TRY_ASSIGN(core::RunRequest request, makeRequest(*model, options.run, prompt));
  request.profile = options.profile;
  ModelOptions where = options.model;
  core::IntervenedRequest intervened;
  if (!options.intervene.empty()) {
    TRY_ASSIGN(intervened, readInterventions(model->config, options.intervene));
    intervened.run = request;
    const core::Intervention* only = intervened.interventions->firstForCpuAlone();
    if (only && where.device == "auto") {
      where.device = "cpu";
      say(fmt::format("{} is run by the CPU engine alone", core::policyInfo(only->policy.kind).name));
    }
  }
  TRY_ASSIGN(const auto engine, openEngine(model, where));
  if (!options.intervene.empty()) {
    return traceIntervened(
        *model, engine, intervened,
        {options.out, options.json, options.omitPrompt, options.storeOption->count() > 0, options.store});
  }
  std::optional<StoredRun> stored;
  if (options.storeOption->count() > 0) {
    TRY_ASSIGN(auto store, openOrCreateStore(options.store));
    stored.emplace(std::move(store), options.storeFull);
  }
  const auto keep = [&](const core::Trace& trace) {
    if (stored) stored->published(trace);
  };
  TRY_ASSIGN(const FinishedRun run, runWithProgress(engine, request, keep));
  if (run.result().profile) say("where the time went\n" + profileTable(*run.result().profile));

  core::SnapshotOptions snapshot = snapshotOptions(run, options.omitPrompt);
  snapshot.threads = engine->threads();
  const core::Trace& trace = run.result().trace;
  if (stored) {
    TRY_STATUS(stored->finish(trace, run.result().cancelled));
    say(fmt::format("kept as run {}", stored->id()));
    snapshot.extra["run"] = stored->id();
  }
  if (!options.out.empty()) TRY_STATUS(core::writeSnapshot(trace, options.out, snapshot));
  if (options.json) {
    TRY_STATUS(core::writeTraceJson(trace, snapshot, print));
  } else if (options.out.empty()) {
    TRY_STATUS(print(traceTable(trace, model->tokenizer.get(), {layer, outputStyles(), outputColumns()})));
  }
  return run.result().cancelled ? kFailed : kDone;
}

}  // namespace

void addTrace(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("trace", "Run a model on a prompt and record every routing decision");
  auto options = std::make_shared<TraceOptions>();
  addModelOption(*command, options->model);
  addPromptOptions(*command, options->prompt);
  addEngineOptions(*command, options->model);
  addRunOptions(*command, options->run);
  command->add_option("--layer", options->layer, "the layer to print; the first with experts if not given");
  command->add_option("--out", options->out, "write the run to a file: .safetensors, .npz, .csv or .json")
      ->check(CLI::Validator(checkSnapshotPath, ""));
  command->add_option(
      "--intervene", options->intervene,
      "a JSON file of changes to the routing: the same tokens run once more with them, and both runs are compared");
  options->storeOption = command
                             ->add_option("--store", options->store.file,
                                          "keep the run in a session database; without FILE the user's own")
                             ->expected(0, 1);
  command->add_flag("--store-full", options->storeFull, "keep the tensors of --capture full there too; they are large")
      ->needs(options->storeOption);
  command->add_flag("--json", options->json, "print the run as one JSON document");
  command->add_flag(
      "--jsonl", options->jsonl,
      "read prompts from standard input, {\"text\": ...} or {\"ids\": [...]} a line, and print a document "
      "a line");
  command->add_flag("--profile", options->profile,
                    "measure each operation's share of the time: on stderr, and under `profile` in JSON");
  command->add_flag("--omit-prompt", options->omitPrompt, "leave the prompt's text and ids out of what is written");
  command->callback([=, &action] { action = [=] { return runTrace(*command, *options); }; });
}

}  // namespace app
