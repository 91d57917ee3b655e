#include "app/services.h"

#include "core/engine/cpu_engine.h"
#include "core/model/catalog.h"
#include "core/model/loader.h"

namespace app {

Services programServices() {
  Services services;
  services.loadModel = [](const std::string& nameOrPath) -> core::Result<std::shared_ptr<const core::Model>> {
    TRY_ASSIGN(const std::filesystem::path folder, core::resolveModel(nameOrPath));
    return core::loadModel(folder);
  };
  services.makeEngine = [](std::shared_ptr<const core::Model> model) { return core::makeCpuEngine(std::move(model)); };
  services.storeFile = core::SessionStore::defaultPath();
  return services;
}

}  // namespace app
