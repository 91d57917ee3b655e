// `expertscope devices`: the processor, and every Vulkan device with its limits or why it cannot be used.
#include <thread>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "core/base/thread_pool.h"
#include "core/trace/run_info_json.h"
#ifdef EXPERTSCOPE_HAS_GPU
#include "gpu/gpu.h"
#endif

namespace app {
namespace {

using Json = nlohmann::json;

Json vulkanDevices(Json& problem) {
  Json rows = Json::array();
#ifdef EXPERTSCOPE_HAS_GPU
  const gpu::DeviceList list = gpu::listDevices();
  if (!list.problem.empty()) problem = list.problem;
  for (const gpu::DeviceReport& device : list.devices) {
    rows.push_back({{"index", device.index},
                    {"name", device.name},
                    {"type", gpu::deviceTypeName(device.type)},
                    {"api", device.api},
                    {"driver", device.driver},
                    {"heap_bytes", device.heaps},
                    {"max_binding_bytes", device.maxBindingBytes},
                    {"max_allocation_bytes", device.maxAllocationBytes},
                    {"max_workgroup_invocations", device.maxWorkgroupInvocations},
                    {"shared_memory_bytes", device.sharedMemoryBytes},
                    {"usable", device.usable},
                    {"why_not", device.usable ? Json(nullptr) : Json(device.whyNot)}});
  }
#else
  problem = "this program was built without GPU support";
#endif
  return rows;
}

std::string size(uint64_t bytes) { return fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30)); }

std::string lines(const Json& row) {
  std::string out = fmt::format("gpu:{}  {}  ({})\n", row["index"].get<int>(), row["name"].get<std::string>(),
                                row["type"].get<std::string>());
  out += fmt::format("       Vulkan {}, {}\n", row["api"].get<std::string>(), row["driver"].get<std::string>());
  std::string heaps;
  for (const Json& heap : row["heap_bytes"]) heaps += (heaps.empty() ? "" : " + ") + size(heap.get<uint64_t>());
  out += fmt::format("       memory {}, one allocation {}, one binding {}\n", heaps,
                     size(row["max_allocation_bytes"].get<uint64_t>()), size(row["max_binding_bytes"].get<uint64_t>()));
  out +=
      fmt::format("       {} invocations a workgroup, {} KiB shared memory\n",
                  row["max_workgroup_invocations"].get<uint32_t>(), row["shared_memory_bytes"].get<uint32_t>() / 1024);
  if (!row["usable"].get<bool>()) out += "       cannot be used: " + row["why_not"].get<std::string>() + "\n";
  return out;
}

Outcome runDevices(bool json) {
  Json document = startDocument("devices");
  document["cpu"] = {{"threads", core::ThreadPool().threads()}};
  document["problem"] = nullptr;
  document["devices"] = vulkanDevices(document["problem"]);
  if (json) {
    TRY_STATUS(print(core::jsonText(document) + "\n"));
    return kDone;
  }
  TRY_STATUS(print(fmt::format("cpu    {} threads\n", document["cpu"]["threads"].get<int>())));
  for (const Json& row : document["devices"]) TRY_STATUS(print(lines(row)));
  if (document["problem"].is_string()) say("no Vulkan device: " + document["problem"].get<std::string>());
  return kDone;
}

}  // namespace

void addDevices(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("devices", "List what models can be run on");
  auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "print one JSON document");
  command->callback([=, &action] { action = [=] { return runDevices(*json); }; });
}

}  // namespace app
