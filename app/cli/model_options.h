// --model, --device, --threads: opening a model and the engine that runs it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "app/cli/command.h"
#include "core/engine/engine.h"

namespace app {

inline constexpr const char* kBundledModel = "seed-7m";

struct ModelOptions {
  std::string model = kBundledModel;
  std::string device = "auto";
  int threads = 0;  // 0: as many as the process may use
};

void addModelOption(CLI::App& command, ModelOptions& options);
void addEngineOptions(CLI::App& command, ModelOptions& options);  // --device and --threads

core::Result<std::shared_ptr<const core::Model>> openModel(const std::string& nameOrPath);

// The engine that --device asks for; only `auto` falls back. Says on stderr which device it is.
core::Result<std::shared_ptr<core::Engine>> openEngine(std::shared_ptr<const core::Model> model,
                                                       const ModelOptions& options);

// What the engine's device did so far (submissions, host waits, ...); empty for the CPU.
std::map<std::string, uint64_t> deviceCounters(const core::Engine& engine);

}  // namespace app
