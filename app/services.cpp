#include "app/services.h"

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
core::Result<MadeEngine> automaticEngine(std::shared_ptr<const core::Model> model) {
  std::string remark;
#ifdef EXPERTSCOPE_HAS_GPU
  const gpu::DeviceList list = gpu::listDevices();
  for (const gpu::DeviceReport& device : list.devices) {
    if (!device.usable || device.type == gpu::DeviceType::Cpu) continue;
    gpu::GpuOptions options;
    options.device = device.index;
    auto engine = gpu::makeGpuEngine(model, options);
    if (engine) return MadeEngine{std::move(*engine), {}};
    remark = fmt::format("Running on the CPU, not on {}: {}", device.name, engine.error().message);
  }
#endif
  return cpuEngine(std::move(model), remark);
}

}  // namespace

Services programServices() {
  Services services;
  services.loadModel = [](const std::string& nameOrPath) -> core::Result<std::shared_ptr<const core::Model>> {
    TRY_ASSIGN(const std::filesystem::path folder, core::resolveModel(nameOrPath));
    return core::loadModel(folder);
  };
  services.makeEngine = automaticEngine;
  services.storeFile = core::SessionStore::defaultPath();
  return services;
}

}  // namespace app
