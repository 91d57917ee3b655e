// golden_deviation: for every golden model and device, the largest deviation as a share of the case's tolerance. Markdown.
#include <fmt/format.h>

#include "core/engine/cpu_engine.h"
#include "tests/support/golden_model.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace {

std::string deviation(const test::GoldenModel& golden, core::Result<std::shared_ptr<core::Engine>> engine) {
  if (!engine) return engine.error().message;
  auto session = test::runGolden(golden, *engine);
  if (!session) return session.error().message;
  double worst = 0;
  const std::string differing = test::compareWithGolden(golden, (*session)->trace(), &worst);
  return differing.empty() ? fmt::format("{:.3f}", worst) : fmt::format("{:.3f}, differs", worst);
}

}  // namespace

int main() {
  fmt::print("| model | tolerance | CPU | GPU |\n|---|---|---|---|\n");
  for (const std::string& name : test::goldenModelNames()) {
    const test::GoldenModel golden = test::loadGoldenModel(name);
    std::string onGpu = "not built";
#ifdef EXPERTSCOPE_HAS_GPU
    onGpu = deviation(golden, gpu::makeGpuEngine(golden.model));
#endif
    fmt::print("| {} | {} | {} | {} |\n", name, golden.abs, deviation(golden, core::makeCpuEngine(golden.model, 2)), onGpu);
  }
  return 0;
}
