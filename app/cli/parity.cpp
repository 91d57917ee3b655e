// `expertscope parity`: the same prompt on the CPU and on the GPU, every hook of it compared.
#include <cmath>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/model_options.h"
#include "app/cli/parity_report.h"
#include "app/cli/run_options.h"
#include "core/snapshot/provenance.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using Json = nlohmann::json;

struct ParityOptions {
  ModelOptions model;
  PromptOptions prompt;
  bool json = false;
};

core::Result<core::Trace> traceOn(const std::shared_ptr<const core::Model>& model, const ModelOptions& options,
                                  const core::RunRequest& request) {
  TRY_ASSIGN(const auto engine, openEngine(model, options));
  TRY_ASSIGN(const FinishedRun run, runWithProgress(engine, request));
  if (run.result().cancelled) return core::cancelled();
  return run.result().trace;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json toDocument(const ParityReport& report, const core::Trace& cpu, const core::Trace& gpu,
                const Tolerance& tolerance) {
  Json document = startDocument("parity");
  for (const auto& [key, trace] : {std::pair{"cpu", &cpu}, std::pair{"gpu", &gpu}}) {
    document[key] = core::provenance(*trace);
    document[key].erase("schema");
    document[key].erase("version");
  }
  document["tolerance"] = {{"abs", tolerance.absolute}, {"rel", tolerance.relative}};
  document["passed"] = report.passed();
  document["hooks"] = Json::array();
  for (const HookParity& hook : report.hooks) {
    document["hooks"].push_back({{"name", hook.name},
                                 {"largest_absolute", hook.largestAbsolute},
                                 {"largest_relative", hook.largestRelative},
                                 {"worst_over_tolerance", finite(hook.worst)},
                                 {"layer", hook.layer < 0 ? Json(nullptr) : Json(hook.layer)},
                                 {"token", hook.token},
                                 {"judged", hook.judged},
                                 {"different", hook.different}});
  }
  document["close_calls"] = Json::array();
  for (const CloseCall& call : report.closeCalls) {
    document["close_calls"].push_back({{"layer", call.layer < 0 ? Json(nullptr) : Json(call.layer)},
                                       {"token", call.token},
                                       {"rank", call.rank},
                                       {"cpu", call.expected},
                                       {"gpu", call.found},
                                       {"margin", call.margin}});
  }
  document["problems"] = report.problems;
  return document;
}

std::string toText(const ParityReport& report) {
  std::string out =
      fmt::format("{:<26} {:>12} {:>12} {:>12}  {}\n", "hook", "absolute", "relative", "x allowed", "worst at");
  for (const HookParity& hook : report.hooks) {
    const std::string place = hook.worst > 0 ? (hook.layer < 0 ? "" : fmt::format("layer {} ", hook.layer)) +
                                                   fmt::format("token {}", hook.token)
                                             : "";
    out += fmt::format("{:<26} {:>12.3g} {:>12.3g} {:>12.3g}  {}{}\n", hook.name, hook.largestAbsolute,
                       hook.largestRelative, hook.worst, place,
                       hook.different > 0 ? fmt::format("  FAILED, {} of {} values", hook.different, hook.judged) : "");
  }
  for (const CloseCall& call : report.closeCalls) {
    out += fmt::format("close call: {}token {} rank {}: {} on the CPU, {} on the GPU, margin {:.3g}\n",
                       call.layer < 0 ? "prediction, " : fmt::format("layer {} ", call.layer), call.token, call.rank,
                       call.expected, call.found, call.margin);
  }
  for (const std::string& problem : report.problems) out += "FAILED: " + problem + "\n";
  return out + (report.passed() ? "all within tolerance\n" : "not within tolerance\n");
}

Outcome runParity(const CLI::App& command, const ParityOptions& options) {
  if (options.prompt.given() == 0) return wrongUsage(command, "nothing to run; give --prompt, --prompt-file or --ids");
  if (options.model.device == "cpu" || options.model.device == "auto") {
    return wrongUsage(command, "--device names the GPU to compare with: gpu or gpu:N");
  }
  TRY_ASSIGN(const auto model, openModel(options.model.model));
  TRY_ASSIGN(const Prompt prompt, readPrompt(*model, options.prompt));
  RunOptionsCli run;
  run.capture = "full";
  TRY_ASSIGN(const core::RunRequest request, makeRequest(*model, run, prompt));
  ModelOptions onCpu = options.model;
  onCpu.device = "cpu";
  TRY_ASSIGN(const core::Trace cpu, traceOn(model, onCpu, request));
  TRY_ASSIGN(const core::Trace gpu, traceOn(model, options.model, request));
  const Tolerance tolerance;
  const ParityReport report = compareTraces(cpu, gpu, tolerance);
  TRY_STATUS(print(options.json ? core::jsonText(toDocument(report, cpu, gpu, tolerance)) + "\n" : toText(report)));
  return report.passed() ? kDone : kFailed;
}

}  // namespace

void addParity(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("parity", "Run a prompt on the CPU and the GPU and compare every recorded value");
  auto options = std::make_shared<ParityOptions>();
  options->model.device = "gpu";
  addModelOption(*command, options->model);
  addPromptOptions(*command, options->prompt);
  addEngineOptions(*command, options->model);
  command->add_flag("--json", options->json, "print one JSON document");
  command->callback([=, &action] { action = [=] { return runParity(*command, *options); }; });
}

}  // namespace app
