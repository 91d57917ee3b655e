// One logical device with its queue: memory, pipelines, submissions. Used by one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "gpu/instance.h"
#include "gpu/kernels.h"

namespace gpu {

class Device;

// Device: where kernels work; mapped only if the device's memory is the host's. Upload, Download: host memory,
// coherent.
enum class MemoryUse : uint8_t { Device, Upload, Download };

// A piece of a buffer as it is bound or copied.
struct View {
  VkBuffer buffer = VK_NULL_HANDLE;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  explicit operator bool() const { return buffer != VK_NULL_HANDLE; }
};

class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept { *this = std::move(other); }
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  uint64_t bytes() const { return m_bytes; }
  std::byte* mapped() const { return m_mapped; }  // for writing; null when out of the host's reach
  const std::byte* read() const;                  // what the device wrote; counted, see Device::setInsidePass
  View view() const { return {m_buffer, 0, m_bytes}; }
  View view(uint64_t offset, uint64_t bytes) const { return {m_buffer, offset, bytes}; }
  explicit operator bool() const { return m_buffer != VK_NULL_HANDLE; }

 private:
  friend class Device;
  std::shared_ptr<Device> m_device;
  VkBuffer m_buffer = VK_NULL_HANDLE;
  VkDeviceMemory m_memory = VK_NULL_HANDLE;
  uint64_t m_bytes = 0;      // as asked for
  uint64_t m_allocated = 0;  // as the device rounds it
  std::byte* m_mapped = nullptr;
};

// Specialization constants 0, 1, ... of a kernel; unused ones 0.
using Constants = std::array<uint32_t, 5>;

struct Pipeline {
  VkPipeline pipeline = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkDescriptorSetLayout sets = VK_NULL_HANDLE;
  uint32_t bindings = 0;
};

class Device : public std::enable_shared_from_this<Device> {
 public:
  // Errors: no driver, no such device, the device lacks something (named), out of memory.
  static core::Result<std::shared_ptr<Device>> create(const GpuOptions& options);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  const VulkanApi& api() const { return m_api; }
  VkDevice handle() const { return m_device; }
  const DeviceReport& report() const { return m_report; }
  bool hostMemory() const { return m_hostMemory; }  // a software device: mapped memory, register-tile kernels
  uint64_t maxBindingBytes() const { return m_maxBinding; }
  uint64_t maxAllocationBytes() const { return m_maxAllocation; }
  uint64_t alignment() const { return m_alignment; }  // of what is bound or copied, at least 16
  uint32_t maxGroups(int axis) const { return m_maxGroups[static_cast<size_t>(axis)]; }
  uint64_t localHeapBytes() const;
  uint32_t timestampBits() const { return m_timestampBits; }  // 0: the queue writes no timestamps
  double timestampNanoseconds() const { return m_properties.limits.timestampPeriod; }  // of one tick
  GpuCounters& counters() { return m_counters; }
  // While set, every read of results is counted as a read-back inside a pass.
  void setInsidePass(bool inside) { m_insidePass = inside; }
  std::vector<std::string> messages() const { return m_instance->messages(); }

  // `what` names the buffer in errors.
  core::Result<Buffer> makeBuffer(uint64_t bytes, MemoryUse use, std::string_view what);

  // Compiled on first use.
  core::Result<Pipeline> pipeline(size_t kernel, const Constants& constants);

  core::Result<VkCommandBuffer> newCommands();
  void freeCommands(std::span<const VkCommandBuffer> commands);

  // Submits recorded commands and waits for them. After a lost device every call fails.
  core::Status submit(VkCommandBuffer commands);

  core::Status failed(VkResult result, std::string_view what);

 private:
  Device() = default;
  friend class Buffer;
  core::Status start(const GpuOptions& options);
  core::Status choose(int wanted);
  core::Status openQueue();
  int memoryType(uint32_t allowed, MemoryUse use) const;
  core::Status makeLayout(size_t kernel);
  void saveCache();

  std::unique_ptr<Instance> m_instance;
  VulkanApi m_api;
  VkPhysicalDevice m_physical = VK_NULL_HANDLE;
  VkPhysicalDeviceProperties m_properties{};
  VkPhysicalDeviceMemoryProperties m_memory{};
  DeviceReport m_report;
  VkDevice m_device = VK_NULL_HANDLE;
  VkQueue m_queue = VK_NULL_HANDLE;
  VkCommandPool m_commands = VK_NULL_HANDLE;
  VkFence m_fence = VK_NULL_HANDLE;
  VkPipelineCache m_cache = VK_NULL_HANDLE;
  std::filesystem::path m_cachePath;
  bool m_cacheGrew = false;
  bool m_hostMemory = false;
  bool m_lost = false;
  uint32_t m_timestampBits = 0;
  bool m_insidePass = false;
  uint64_t m_maxBinding = 0, m_maxAllocation = 0, m_alignment = 16;
  std::array<uint32_t, 3> m_maxGroups{};
  std::function<Fault(FaultPoint)> m_fault;
  std::vector<Pipeline> m_layouts;  // by kernel, without a pipeline
  std::map<std::pair<size_t, Constants>, VkPipeline> m_pipelines;
  GpuCounters m_counters;
};

}  // namespace gpu
