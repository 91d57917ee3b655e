// What a subcommand is: it declares its options on the parser and leaves behind what to do.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "app/cli/painter.h"
#include "core/base/result.h"

namespace app {

constexpr int kDone = 0;
constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// The exit status, or an error to print (status 1).
using Outcome = core::Result<int>;
using Action = std::function<Outcome()>;

// Says what is wrong with the arguments and where help is; gives kWrongUsage.
int wrongUsage(const CLI::App& command, const std::string& message);

// What is wrong with a place that an option names, empty if it is one of `count`: "--token 9: the run has 0 to 5".
std::string placeProblem(std::string_view option, int64_t value, int64_t count);

// The start of a JSON document: schema ("expertscope.models"), version and the program's version.
nlohmann::json startDocument(const std::string& subcommand, int version = 1);

// One function a subcommand, each in the file of its name. `action` outlives the parser.
void addTrace(CLI::App& root, Action& action);
void addTokenize(CLI::App& root, Action& action);
void addModels(CLI::App& root, Action& action);
void addDevices(CLI::App& root, Action& action);
void addInspect(CLI::App& root, Action& action);
void addParity(CLI::App& root, Action& action);
void addRoute(CLI::App& root, Action& action);
void addReplay(CLI::App& root, Action& action);
void addKnockout(CLI::App& root, Action& action);
void addSessions(CLI::App& root, Action& action);
void addExport(CLI::App& root, Action& action);
void addConvert(CLI::App& root, Action& action);
void addRender(CLI::App& root, Action& action, const Painter& painter);

}  // namespace app
