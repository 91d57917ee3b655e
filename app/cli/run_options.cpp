#include "app/cli/run_options.h"

#include <cmath>
#include <limits>

#include "app/cli/console.h"
#include "app/cli/model_options.h"
#include "core/snapshot/snapshot.h"

namespace app {
namespace {

std::vector<std::string> ruleNames() {
  std::vector<std::string> names;
  for (const core::CapacityRule rule : core::kCapacityRules) names.emplace_back(core::capacityRuleName(rule));
  return names;
}

core::Capture captureNamed(const std::string& name) {
  return name == "routing" ? core::Capture::Routing : name == "full" ? core::Capture::Full : core::Capture::Ledger;
}

}  // namespace

CLI::Validator finiteFrom(double least, double most, const std::string& words) {
  return CLI::Validator(
      [=](const std::string& text) -> std::string {
        double value = 0;
        const bool number = CLI::detail::lexical_cast(text, value);
        if (number && std::isfinite(value) && value >= least && value <= most) return "";
        return fmt::format("expected {}, found {}", words, text);
      },
      "");
}

CLI::Validator wholeFromZero() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        if (!text.starts_with("-")) return "";  // the parser itself would wrap it around
        return fmt::format("expected a whole number of at least 0, found {}", text);
      },
      "");
}

void addCapacityOptions(CLI::App& command, std::optional<double>& factor, std::optional<std::string>& rule) {
  command.add_option("--capacity-factor", factor, "slots an expert has, against an even share")
      ->check(finiteFrom(0, std::numeric_limits<float>::max(), "a number of at least 0"));
  command.add_option("--capacity-rule", rule, "how slots are counted")->check(CLI::IsMember(ruleNames()));
}

void addRunOptions(CLI::App& command, RunOptionsCli& options) {
  const double most = std::numeric_limits<float>::max();
  command.add_option("--capture", options.capture, "how much is recorded: routing, ledger or full")
      ->capture_default_str()
      ->check(CLI::IsMember({"routing", "ledger", "full"}));
  command.add_option("--generate", options.generate, "tokens to add to the prompt")
      ->capture_default_str()
      ->check(CLI::Range(0, 1 << 24));
  command.add_flag("--stop-eos", options.stopAtEnd, "stop at the end-of-sequence token");
  command.add_option("--temperature", options.sampling.temperature, "0 takes the most likely token")
      ->capture_default_str()
      ->check(finiteFrom(0, most, "a number of at least 0"));
  command.add_option("--top-k", options.sampling.topK, "sample among this many; 0: all")
      ->capture_default_str()
      ->check(CLI::Range(0, std::numeric_limits<int>::max()));
  command.add_option("--top-p", options.sampling.topP, "sample among the likeliest that make up this share")
      ->capture_default_str()
      ->check(finiteFrom(std::numeric_limits<double>::min(), 1, "a share above 0 and up to 1"));
  command.add_option("--seed", options.sampling.seed, "of the random numbers")
      ->capture_default_str()
      ->check(wholeFromZero());
  addCapacityOptions(command, options.capacityFactor, options.capacityRule);
}

core::Result<core::RunRequest> makeRequest(const core::Model& model, const RunOptionsCli& options,
                                           const Prompt& prompt) {
  core::RunRequest request;
  request.prompt = prompt.text;
  request.chat = prompt.chat;
  request.ids = prompt.ids;
  request.specialTokens = prompt.specialTokens;
  request.generate = options.generate;
  request.stopAtEnd = options.stopAtEnd;
  request.sampling = options.sampling;
  request.capture = captureNamed(options.capture);
  request.capacityFactor = options.capacityFactor;
  if (options.capacityRule) request.capacityRule = core::capacityRuleFromName(*options.capacityRule);

  const core::RouterConfig& router = model.config.router;
  if (!options.capacityFactor && !options.capacityRule) return request;
  if (router.experts == 0) return core::fail("{}: a capacity was asked for, but the model has no experts", model.name);
  const core::CapacityRule rule =
      request.capacityRule.value_or(router.dropsChoices ? router.capacityRule : core::CapacityRule::Gshard);
  const auto slots = core::capacity(rule, {static_cast<int64_t>(prompt.ids.size()), router.experts, router.chosen,
                                           request.capacityFactor.value_or(1.0), router.minCapacity});
  if (!slots) return core::failAt("--capacity-rule " + std::string(core::capacityRuleName(rule)), slots.error());
  return request;
}

std::string checkSnapshotPath(const std::string& path) {
  if (core::isSnapshotPath(path)) return "";
  return fmt::format("expected a file name that ends in {}, found {}", core::kSnapshotExtensions, path);
}

core::Result<FinishedRun> runWithProgress(const std::shared_ptr<core::Engine>& engine, const core::RunRequest& request,
                                          const std::function<void(const core::Trace&)>& published) {
  const InterruptGuard guard;
  FinishedRun run;
  const core::Engine& device = *engine;  // lives on in the session
  const auto before = deviceCounters(device);
  {
    ProgressLine line("running");
    core::RunCallbacks callbacks;
    callbacks.published = published;
    callbacks.progress = [&](const core::RunProgress& progress) {
      line.update(progress.share, fmt::format("{} of {} tokens", progress.done, progress.total));
      return !InterruptGuard::interrupted();
    };
    TRY_ASSIGN(run.session, core::Session::start(engine, request, callbacks));
  }
  run.counters = deviceCounters(device);
  for (const auto& [name, count] : before) run.counters[name] -= count;
  const core::RunResult& result = run.result();
  if (result.cancelled) say("stopped; what was run until then is kept");
  if (result.endedAtContextLimit) {
    say(fmt::format("the model's context of {} tokens is full: {} of {} tokens were generated",
                    result.trace.config().context, result.trace.length() - result.trace.promptTokens(),
                    request.generate));
  }
  return run;
}

}  // namespace app
