// A Vulkan instance and what its physical devices can do.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gpu/gpu.h"
#include "gpu/vulkan.h"

namespace gpu {

// What validation layers said, filled from a callback.
struct MessageLog {
  std::mutex mutex;
  std::vector<std::string> lines;
};

class Instance {
 public:
  // Errors: no loader, no driver, validation asked for and not installed.
  static core::Result<std::unique_ptr<Instance>> create(bool validation);
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const VulkanApi& api() const { return m_api; }
  const std::vector<VkPhysicalDevice>& devices() const { return m_devices; }
  DeviceReport report(int index) const;
  std::vector<std::string> messages() const;

 private:
  Instance() = default;
  core::Status start(bool validation);

  VulkanApi m_api;
  VkInstance m_instance = VK_NULL_HANDLE;
  VkDebugUtilsMessengerEXT m_messenger = VK_NULL_HANDLE;
  std::unique_ptr<MessageLog> m_log = std::make_unique<MessageLog>();
  std::vector<VkPhysicalDevice> m_devices;
};

// A queue family for compute, -1: none.
int computeFamily(const VulkanApi& api, VkPhysicalDevice device);

}  // namespace gpu
