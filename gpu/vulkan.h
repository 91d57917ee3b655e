// The Vulkan functions this floor uses, found at run time in libvulkan.so.1: a machine without it starts the program
// all the same, and nothing here collides with another user of Vulkan in the same program.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <string>

#include "core/base/result.h"

// clang-format off
#define GPU_GLOBAL_FUNCTIONS(X) \
  X(EnumerateInstanceVersion) X(EnumerateInstanceLayerProperties) X(CreateInstance)
#define GPU_INSTANCE_FUNCTIONS(X) \
  X(DestroyInstance) X(EnumeratePhysicalDevices) X(GetPhysicalDeviceProperties2) X(GetPhysicalDeviceMemoryProperties) \
  X(GetPhysicalDeviceQueueFamilyProperties) X(CreateDevice) X(GetDeviceProcAddr)
#define GPU_DEVICE_FUNCTIONS(X) \
  X(DestroyDevice) X(DeviceWaitIdle) X(GetDeviceQueue) X(QueueSubmit) \
  X(AllocateMemory) X(FreeMemory) X(MapMemory) X(CreateBuffer) X(DestroyBuffer) X(GetBufferMemoryRequirements) \
  X(BindBufferMemory) X(CreateFence) X(DestroyFence) X(WaitForFences) X(ResetFences) \
  X(CreateCommandPool) X(DestroyCommandPool) X(AllocateCommandBuffers) X(FreeCommandBuffers) X(BeginCommandBuffer) \
  X(EndCommandBuffer) X(CmdDispatch) X(CmdBindPipeline) X(CmdBindDescriptorSets) X(CmdPushConstants) \
  X(CmdPipelineBarrier) X(CmdCopyBuffer) X(CmdFillBuffer) \
  X(CreateQueryPool) X(DestroyQueryPool) X(CmdResetQueryPool) X(CmdWriteTimestamp) X(GetQueryPoolResults) \
  X(CreateShaderModule) X(DestroyShaderModule) X(CreateComputePipelines) X(DestroyPipeline) \
  X(CreatePipelineLayout) X(DestroyPipelineLayout) X(CreatePipelineCache) X(DestroyPipelineCache) X(GetPipelineCacheData) \
  X(CreateDescriptorSetLayout) X(DestroyDescriptorSetLayout) X(CreateDescriptorPool) X(DestroyDescriptorPool) \
  X(AllocateDescriptorSets) X(UpdateDescriptorSets)
// clang-format on

namespace gpu {

struct VulkanApi {
  PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
#define GPU_DECLARE(name) PFN_vk##name name = nullptr;
  GPU_GLOBAL_FUNCTIONS(GPU_DECLARE)
  GPU_INSTANCE_FUNCTIONS(GPU_DECLARE)
  GPU_DEVICE_FUNCTIONS(GPU_DECLARE)
#undef GPU_DECLARE
  PFN_vkCreateDebugUtilsMessengerEXT CreateDebugUtilsMessengerEXT = nullptr;  // null without validation
  PFN_vkDestroyDebugUtilsMessengerEXT DestroyDebugUtilsMessengerEXT = nullptr;

  // Opens the loader and finds the functions that need no instance. Error: there is no loader.
  static core::Result<VulkanApi> open();
  void loadInstance(VkInstance instance);
  void loadDevice(VkDevice device);
};

// "VK_ERROR_DEVICE_LOST" and the like.
std::string resultName(VkResult result);

}  // namespace gpu
