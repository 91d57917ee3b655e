// The whole forward pass in Vulkan compute shaders (Vulkan 1.1, no optional feature). No Vulkan type shows here.
//
// A call of forward() is one pass, or several if its tensors would need too much memory (never for a family with a
// capacity rule: there one call is one group). A pass is a recorded sequence of dispatches, submitted in groups of
// about 100 ms; what the capture level asks for is copied on the device's own time line into host memory, and handed
// out when the layers are done. Nothing the device computes is looked at by the host before that. Logits follow in
// blocks of rows. The same calls on the same device give the same bits: no atomics, every sum in a fixed order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/engine.h"

namespace gpu {

enum class DeviceType : uint8_t { Discrete, Integrated, Virtual, Cpu, Other };
const char* deviceTypeName(DeviceType type);  // "discrete", ...

struct DeviceReport {
  int index = 0;  // what GpuOptions::device takes
  std::string name;
  DeviceType type = DeviceType::Other;
  std::string api;                  // "1.3.230"
  std::string driver;               // name and its own version, "llvmpipe Mesa 22.3.6 (LLVM 15.0.6)"
  std::vector<uint64_t> heaps;      // bytes of each memory heap that is local to the device
  uint64_t maxBindingBytes = 0;     // of one storage buffer binding
  uint64_t maxAllocationBytes = 0;  // of one allocation
  uint32_t maxWorkgroupInvocations = 0;
  uint32_t sharedMemoryBytes = 0;
  bool usable = false;
  std::string whyNot;  // when not usable
};

struct DeviceList {
  std::vector<DeviceReport> devices;
  std::string problem;  // why the list is empty: no loader, no driver
};
DeviceList listDevices();

// Where a test may make the device fail.
enum class FaultPoint : uint8_t { Allocate, Submit };
enum class Fault : uint8_t { None, OutOfMemory, DeviceLost };

struct GpuOptions {
  int device = -1;               // index in listDevices(); -1: the first that is no CPU, else a software device
  bool treatAsDiscrete = false;  // a software device as if its memory were out of reach: staging, kernels of real GPUs
  bool validation = false;       // validation and synchronisation validation; messages in GpuCounters
  uint64_t maxBindingBytes = 0;  // a lower limit than the device's own; 0: the device's. At least 4096
  uint64_t captureBytes = uint64_t{128} << 20;  // host memory for one pass's captured tensors
  double submissionWork = 0;                    // multiply-adds of one submission; 0: what takes 100 ms by measurement
  std::string cacheFolder;  // of compiled pipelines; "": XDG_CACHE_HOME/expertscope or ~/.cache/expertscope
  std::function<Fault(FaultPoint)> fault;  // asked before each allocation and submission
  // Told how much of the weights is on the device, 0 to 1, after every layer; false gives up with Error::cancelled.
  std::function<bool(double share)> uploading;
};

// Errors: no driver, no such device, a model no engine runs or larger than the device's memory, out of memory.
core::Result<std::shared_ptr<core::Engine>> makeGpuEngine(std::shared_ptr<const core::Model> model,
                                                          const GpuOptions& options = {});

struct GpuCounters {
  uint64_t submissions = 0;
  uint64_t hostWaits = 0;
  uint64_t dispatches = 0;  // recorded, in submitted groups
  uint64_t passes = 0;
  uint64_t recordings = 0;           // passes whose commands had to be recorded; the others were replayed
  uint64_t readBacks = 0;            // of captured tensors and blocks of logits
  uint64_t readBacksInsidePass = 0;  // reads of device results before a pass's layers were done: stays 0
  uint64_t deviceBytes = 0;          // allocated now
  std::vector<std::string> validationMessages;
};
// Of an engine made by makeGpuEngine; zeros for another one.
GpuCounters gpuCounters(const core::Engine& engine);

}  // namespace gpu
