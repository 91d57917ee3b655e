#include "app/cli/model_options.h"

#include <charconv>

#include "app/cli/console.h"
#include "core/engine/cpu_engine.h"
#include "core/model/catalog.h"
#include "core/model/loader.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace app {
namespace {

constexpr std::string_view kGpuRow = "gpu:";

// N of gpu:N; nothing if it is none.
std::optional<int> gpuRow(std::string_view device) {
  if (!device.starts_with(kGpuRow)) return std::nullopt;
  device.remove_prefix(kGpuRow.size());
  int row = 0;
  const auto [end, error] = std::from_chars(device.data(), device.data() + device.size(), row);
  if (error != std::errc() || end != device.data() + device.size() || row < 0) return std::nullopt;
  return row;
}

std::string checkDevice(const std::string& device) {
  if (device == "cpu" || device == "gpu" || device == "auto" || gpuRow(device)) return "";
  return fmt::format("expected cpu, gpu, gpu:N or auto, found \"{}\"", device);
}

core::Result<std::shared_ptr<core::Engine>> cpuEngine(std::shared_ptr<const core::Model> model, int threads) {
  TRY_ASSIGN(auto engine, core::makeCpuEngine(std::move(model), threads));
  say(fmt::format("running on the CPU ({}, {})", engine->info().device, engine->info().kernels));
  return engine;
}

#ifdef EXPERTSCOPE_HAS_GPU
core::Result<std::shared_ptr<core::Engine>> gpuEngine(std::shared_ptr<const core::Model> model, int row) {
  const gpu::DeviceList list = gpu::listDevices();
  if (list.devices.empty()) return core::fail("--device gpu: {}; --device cpu needs none", list.problem);
  gpu::GpuOptions options;
  options.device = row;
  TRY_ASSIGN(auto engine, gpu::makeGpuEngine(std::move(model), options));
  say(fmt::format("running on {} ({})", engine->info().device, engine->info().driver));
  return engine;
}

// A row that is a real GPU and can be used, -1: none.
int realGpu(const gpu::DeviceList& list) {
  for (const gpu::DeviceReport& device : list.devices) {
    if (device.usable && device.type != gpu::DeviceType::Cpu) return device.index;
  }
  return -1;
}

core::Result<std::shared_ptr<core::Engine>> automaticEngine(std::shared_ptr<const core::Model> model, int threads) {
  const gpu::DeviceList list = gpu::listDevices();
  const int row = realGpu(list);
  if (row < 0) {
    say(list.devices.empty() ? fmt::format("--device auto: no GPU ({})", list.problem)
                             : "--device auto: no real GPU that can be used, see `expertscope devices`");
    return cpuEngine(std::move(model), threads);
  }
  auto engine = gpuEngine(model, row);
  if (engine) return engine;
  say(fmt::format("--device auto: not on the GPU: {}", engine.error().message));
  return cpuEngine(std::move(model), threads);
}

core::Result<std::shared_ptr<core::Engine>> firstGpuEngine(std::shared_ptr<const core::Model> model) {
  const gpu::DeviceList list = gpu::listDevices();
  int row = realGpu(list);
  for (const gpu::DeviceReport& device : list.devices) {
    if (row < 0 && device.usable) row = device.index;
  }
  if (row < 0) {
    std::string why = list.problem;
    for (const gpu::DeviceReport& device : list.devices) why += fmt::format("{}: {}; ", device.name, device.whyNot);
    return core::fail("--device gpu: no Vulkan device can be used: {}", why);
  }
  if (realGpu(list) < 0) say("--device gpu: there is no real GPU, using the software Vulkan device");
  return gpuEngine(std::move(model), row);
}
#endif

}  // namespace

void addModelOption(CLI::App& command, ModelOptions& options) {
  command.add_option("--model", options.model, "a name from `expertscope models`, a model folder, or a .gguf file")
      ->capture_default_str();
}

void addEngineOptions(CLI::App& command, ModelOptions& options) {
  command.add_option("--device", options.device, "cpu, gpu, gpu:N (row N of `expertscope devices`) or auto")
      ->capture_default_str()
      ->check(CLI::Validator(checkDevice, ""));
  command.add_option("--threads", options.threads, "processor threads; 0: all this process may use")
      ->capture_default_str()
      ->check(CLI::Range(0, 1024));
}

core::Result<std::shared_ptr<const core::Model>> openModel(const std::string& nameOrPath) {
  TRY_ASSIGN(const std::filesystem::path folder, core::resolveModel(nameOrPath));
  const bool isName = folder != std::filesystem::path(nameOrPath);
  return core::loadModel(folder, isName ? nameOrPath : "");
}

core::Result<std::shared_ptr<core::Engine>> openEngine(std::shared_ptr<const core::Model> model,
                                                       const ModelOptions& options) {
  if (options.device == "cpu") return cpuEngine(std::move(model), options.threads);
#ifdef EXPERTSCOPE_HAS_GPU
  if (options.device == "auto") return automaticEngine(std::move(model), options.threads);
  const std::optional<int> row = gpuRow(options.device);
  return row ? gpuEngine(std::move(model), *row) : firstGpuEngine(std::move(model));
#else
  if (options.device != "auto") {
    return core::fail("--device {}: this program was built without GPU support; use --device cpu", options.device);
  }
  say("--device auto: built without GPU support");
  return cpuEngine(std::move(model), options.threads);
#endif
}

std::map<std::string, uint64_t> deviceCounters([[maybe_unused]] const core::Engine& engine) {
#ifdef EXPERTSCOPE_HAS_GPU
  if (engine.info().engine == "gpu") {
    const gpu::GpuCounters counters = gpu::gpuCounters(engine);
    return {{"submissions", counters.submissions}, {"host_waits", counters.hostWaits},
            {"dispatches", counters.dispatches},   {"passes", counters.passes},
            {"read_backs", counters.readBacks},    {"read_backs_inside_pass", counters.readBacksInsidePass}};
  }
#endif
  return {};
}

}  // namespace app
