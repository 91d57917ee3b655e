#include "app/cli/cli.h"

#include <string_view>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "core/base/version.h"

namespace app {
namespace {

std::string fullName(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent ? fullName(*parent) + " " + command.get_name() : std::string("expertscope");
}

int finish(const Outcome& outcome) {
  int status = kFailed;
  if (outcome) {
    status = *outcome;
  } else {
    say(outcome.error().message);
  }
  const core::Status flushed = flushOutput();
  if (flushed) return status;
  say(flushed.error().message);
  return status == kDone ? kFailed : status;
}

}  // namespace

int wrongUsage(const CLI::App& command, const std::string& message) {
  const std::string name = fullName(command);
  const std::string place = command.get_parent() ? command.get_name() + ": " : std::string();
  say(fmt::format("{}{}; `{} --help` says more", place, message, name));
  return kWrongUsage;
}

std::string placeProblem(std::string_view option, int64_t value, int64_t count) {
  if (value >= 0 && value < count) return {};
  if (count == 0) return fmt::format("{} {}: the run has none", option, value);
  return fmt::format("{} {}: the run has 0 to {}", option, value, count - 1);
}

nlohmann::json startDocument(const std::string& subcommand, int version) {
  return {{"schema", "expertscope." + subcommand}, {"version", version}, {"program_version", core::version()}};
}

bool isCommandLine(int argc, char** argv) {
  if (argc < 2) return false;
  const std::string_view first = argv[1];
  return !first.starts_with("-") || first == "-" || first == "-h" || first.starts_with("--");
}

int runCli(int argc, char** argv, const Painter& painter) {
  CLI::App root(
      "Runs small Mixture-of-Experts language models and shows every routing decision.\n"
      "Without a subcommand the window opens.",
      "expertscope");
  root.set_version_flag("--version", fmt::format("expertscope {}", core::version()));
  root.require_subcommand(1);
  root.get_formatter()->column_width(34);
  Action action;
  addTrace(root, action);
  addTokenize(root, action);
  addModels(root, action);
  addDevices(root, action);
  addInspect(root, action);
  addParity(root, action);
  addRoute(root, action);
  addReplay(root, action);
  addKnockout(root, action);
  addSessions(root, action);
  addConvert(root, action);
  addExport(root, action);
  addRender(root, action, painter);
  const std::string_view first = argc > 1 ? argv[1] : "";
  const auto isNamed = [&](const CLI::App* command) { return command->get_name() == first; };
  if (!first.empty() && !first.starts_with("-") && root.get_subcommands(isNamed).empty()) {
    return wrongUsage(root, fmt::format("there is no subcommand {}", visibleText(first)));
  }
  try {
    root.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help, --version
    return root.exit(asked) == 0 ? finish(kDone) : kFailed;
  } catch (const CLI::ParseError& error) {
    const auto chosen = root.get_subcommands();
    return wrongUsage(chosen.empty() ? root : *chosen.back(), error.what());
  }
  return finish(action());
}

}  // namespace app
