#include "app/services.h"

#include <charconv>

#include "app/canvas_vulkan.h"
#include "core/engine/cpu_engine.h"
#include "core/model/catalog.h"
#include "core/model/loader.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace app {
namespace {

core::Result<MadeEngine> cpuEngine(std::shared_ptr<const core::Model> model, const std::string& remark) {
  TRY_ASSIGN(std::shared_ptr<core::Engine> engine, core::makeCpuEngine(std::move(model)));
  return MadeEngine{std::move(engine), remark};
}

// A real GPU if there is one, else the processor: a software Vulkan device is far slower than the CPU engine.
core::Result<MadeEngine> automaticEngine(std::shared_ptr<const core::Model> model,
                                         [[maybe_unused]] const OpenProgress& progress) {
  std::string remark;
#ifdef EXPERTSCOPE_HAS_GPU
  const gpu::DeviceList list = gpu::listDevices();
  for (const gpu::DeviceReport& device : list.devices) {
    if (!device.usable || device.type == gpu::DeviceType::Cpu) continue;
    gpu::GpuOptions options;
    options.device = device.index;
    options.uploading = progress;
    auto engine = gpu::makeGpuEngine(model, options);
    if (engine) return MadeEngine{std::move(*engine), {}};
    if (engine.error().cancelled) return tl::unexpected(engine.error());
    remark = fmt::format("Running on the CPU, not on {}: {}", device.name, engine.error().message);
  }
#endif
  return cpuEngine(std::move(model), remark);
}

constexpr std::string_view kGpuRow = "gpu:";

core::Result<MadeEngine> engineOn(std::shared_ptr<const core::Model> model, const std::string& device,
                                  const OpenProgress& progress) {
  if (device == "auto") return automaticEngine(std::move(model), progress);
  if (device == "cpu") return cpuEngine(std::move(model), {});
#ifdef EXPERTSCOPE_HAS_GPU
  gpu::GpuOptions options;
  options.uploading = progress;
  const char* begin = device.data() + std::min(device.size(), kGpuRow.size());
  const auto [end, error] = std::from_chars(begin, device.data() + device.size(), options.device);
  const bool isRow = device.starts_with(kGpuRow) && error == std::errc() && end == device.data() + device.size();
  if (!isRow || options.device < 0) return core::fail("{}: expected auto, cpu or gpu:N", device);
  TRY_ASSIGN(std::shared_ptr<core::Engine> engine, gpu::makeGpuEngine(std::move(model), options));
  return MadeEngine{std::move(engine), {}};
#else
  return core::fail("{}: this program was built without GPU support", device);
#endif
}

std::vector<DeviceChoice> deviceChoices() {
  std::vector<DeviceChoice> choices{{"auto", "", ""}, {"cpu", "CPU", ""}};
#ifdef EXPERTSCOPE_HAS_GPU
  for (const gpu::DeviceReport& device : gpu::listDevices().devices) {
    choices.push_back({fmt::format("{}{}", kGpuRow, device.index),
                       fmt::format("{} ({})", device.name, gpu::deviceTypeName(device.type)),
                       device.usable ? "" : device.whyNot});
  }
#endif
  return choices;
}

}  // namespace

Services programServices() {
  Services services;
  services.loadModel = [](const std::string& nameOrPath) -> core::Result<std::shared_ptr<const core::Model>> {
    TRY_ASSIGN(const std::filesystem::path folder, core::resolveModel(nameOrPath));
    return core::loadModel(folder);
  };
  services.makeEngine = engineOn;
  services.listDevices = deviceChoices;
  services.openPainter = openCanvasVulkan;
  services.storeFile = core::SessionStore::defaultPath();
  return services;
}

}  // namespace app
