#include "gpu/vulkan.h"

#include <dlfcn.h>

#include <mutex>

namespace gpu {

core::Result<VulkanApi> VulkanApi::open() {
  // One at a time: a painter's and an engine's thread may both be first, and the loader sets itself up without a lock.
  static std::mutex loading;
  const std::scoped_lock lock(loading);
  // Never closed: drivers leave threads and exit handlers behind.
  void* library = dlopen("libvulkan.so.1", RTLD_NOW | RTLD_LOCAL);
  if (!library) return core::fail("no Vulkan loader (libvulkan.so.1) on this machine; install libvulkan1 and a driver");
  VulkanApi api;
  api.GetInstanceProcAddr = reinterpret_cast<PFN_vkGetInstanceProcAddr>(dlsym(library, "vkGetInstanceProcAddr"));
  if (!api.GetInstanceProcAddr) return core::fail("libvulkan.so.1 has no vkGetInstanceProcAddr; install it again");
#define GPU_LOAD(name) api.name = reinterpret_cast<PFN_vk##name>(api.GetInstanceProcAddr(nullptr, "vk" #name));
  GPU_GLOBAL_FUNCTIONS(GPU_LOAD)
#undef GPU_LOAD
  if (!api.EnumerateInstanceVersion || !api.CreateInstance) {
    return core::fail("the Vulkan loader is older than Vulkan 1.1; update libvulkan1");
  }
  return api;
}

void VulkanApi::loadInstance(VkInstance instance) {
#define GPU_LOAD(name) name = reinterpret_cast<PFN_vk##name>(GetInstanceProcAddr(instance, "vk" #name));
  GPU_INSTANCE_FUNCTIONS(GPU_LOAD)
  GPU_LOAD(CreateDebugUtilsMessengerEXT)
  GPU_LOAD(DestroyDebugUtilsMessengerEXT)
#undef GPU_LOAD
}

void VulkanApi::loadDevice(VkDevice device) {
#define GPU_LOAD(name) name = reinterpret_cast<PFN_vk##name>(GetDeviceProcAddr(device, "vk" #name));
  GPU_DEVICE_FUNCTIONS(GPU_LOAD)
#undef GPU_LOAD
}

std::string resultName(VkResult result) {
  switch (result) {
    case VK_SUCCESS:
      return "VK_SUCCESS";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
      return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
      return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_INITIALIZATION_FAILED:
      return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_DEVICE_LOST:
      return "VK_ERROR_DEVICE_LOST";
    case VK_ERROR_LAYER_NOT_PRESENT:
      return "VK_ERROR_LAYER_NOT_PRESENT";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
      return "VK_ERROR_EXTENSION_NOT_PRESENT";
    case VK_ERROR_FEATURE_NOT_PRESENT:
      return "VK_ERROR_FEATURE_NOT_PRESENT";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
      return "VK_ERROR_INCOMPATIBLE_DRIVER";
    case VK_ERROR_TOO_MANY_OBJECTS:
      return "VK_ERROR_TOO_MANY_OBJECTS";
    case VK_ERROR_OUT_OF_POOL_MEMORY:
      return "VK_ERROR_OUT_OF_POOL_MEMORY";
    default:
      return fmt::format("VkResult {}", static_cast<int>(result));
  }
}

}  // namespace gpu
