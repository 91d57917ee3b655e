#include "gpu/device.h"

#include <algorithm>

#include "gpu/pipeline_cache.h"

namespace gpu {

core::Result<std::shared_ptr<Device>> Device::create(const GpuOptions& options) {
  std::shared_ptr<Device> device(new Device);
  TRY_STATUS(device->start(options));
  return device;
}

core::Status Device::start(const GpuOptions& options) {
  TRY_ASSIGN(m_instance, Instance::create(options.validation));
  m_api = m_instance->api();
  m_fault = options.fault;
  TRY_STATUS(choose(options.device));
  m_hostMemory = m_report.type == DeviceType::Cpu && !options.treatAsDiscrete;
  m_maxBinding = m_report.maxBindingBytes;
  if (options.maxBindingBytes > 0)
    m_maxBinding = std::min(m_maxBinding, std::max<uint64_t>(options.maxBindingBytes, 4096));
  m_maxAllocation = m_report.maxAllocationBytes;
  m_alignment = std::max<uint64_t>(m_properties.limits.minStorageBufferOffsetAlignment, 16);
  std::copy_n(m_properties.limits.maxComputeWorkGroupCount, 3, m_maxGroups.begin());
  TRY_STATUS(openQueue());

  m_cachePath = pipelineCachePath(options.cacheFolder, m_properties);
  const std::vector<std::byte> stored = readPipelineCache(m_cachePath, m_properties);
  VkPipelineCacheCreateInfo cache{};
  cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  cache.initialDataSize = stored.size();
  cache.pInitialData = stored.data();
  if (const VkResult r = m_api.CreatePipelineCache(m_device, &cache, nullptr, &m_cache); r != VK_SUCCESS) {
    return failed(r, "the pipeline cache");
  }
  m_layouts.resize(kernels().size());
  for (size_t kernel = 0; kernel < kernels().size(); ++kernel) TRY_STATUS(makeLayout(kernel));
  return {};
}

core::Status Device::choose(int wanted) {
  const int count = static_cast<int>(m_instance->devices().size());
  if (wanted >= count) {
    return core::fail("there is no Vulkan device {}: this machine has {}, counted from 0", wanted, count);
  }
  int chosen = wanted;
  std::string refused;
  for (int pass = 0; pass < 2 && chosen < 0; ++pass) {
    for (int i = 0; i < count && chosen < 0; ++i) {
      const DeviceReport report = m_instance->report(i);
      if (!report.usable) {
        if (pass == 0) refused += fmt::format("; {}: {}", report.name, report.whyNot);
      } else if (pass == 1 || report.type != DeviceType::Cpu) {
        chosen = i;
      }
    }
  }
  if (chosen < 0) return core::fail("no usable Vulkan device{}", refused);
  m_report = m_instance->report(chosen);
  if (!m_report.usable) return core::fail("{} cannot be used: {}", m_report.name, m_report.whyNot);
  m_physical = m_instance->devices()[static_cast<size_t>(chosen)];
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  m_api.GetPhysicalDeviceProperties2(m_physical, &properties);
  m_properties = properties.properties;
  m_api.GetPhysicalDeviceMemoryProperties(m_physical, &m_memory);
  return {};
}

core::Status Device::openQueue() {
  const auto family = static_cast<uint32_t>(computeFamily(m_api, m_physical));
  uint32_t families = 0;
  m_api.GetPhysicalDeviceQueueFamilyProperties(m_physical, &families, nullptr);
  std::vector<VkQueueFamilyProperties> properties(families);
  m_api.GetPhysicalDeviceQueueFamilyProperties(m_physical, &families, properties.data());
  if (family < families) m_timestampBits = properties[family].timestampValidBits;
  const float priority = 1;
  VkDeviceQueueCreateInfo queue{};
  queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
  queue.queueFamilyIndex = family;
  queue.queueCount = 1;
  queue.pQueuePriorities = &priority;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.queueCreateInfoCount = 1;
  info.pQueueCreateInfos = &queue;
  if (const VkResult r = m_api.CreateDevice(m_physical, &info, nullptr, &m_device); r != VK_SUCCESS) {
    m_device = VK_NULL_HANDLE;
    return failed(r, "the device");
  }
  m_api.loadDevice(m_device);
  m_api.GetDeviceQueue(m_device, family, 0, &m_queue);

  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.queueFamilyIndex = family;
  if (const VkResult r = m_api.CreateCommandPool(m_device, &pool, nullptr, &m_commands); r != VK_SUCCESS) {
    return failed(r, "the command pool");
  }
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  const VkResult r = m_api.CreateFence(m_device, &fence, nullptr, &m_fence);
  return r == VK_SUCCESS ? core::Status{} : failed(r, "a fence");
}

Device::~Device() {
  if (!m_device) return;
  m_api.DeviceWaitIdle(m_device);
  saveCache();
  for (const auto& [key, pipeline] : m_pipelines) m_api.DestroyPipeline(m_device, pipeline, nullptr);
  for (const Pipeline& layout : m_layouts) {
    m_api.DestroyPipelineLayout(m_device, layout.layout, nullptr);
    m_api.DestroyDescriptorSetLayout(m_device, layout.sets, nullptr);
  }
  m_api.DestroyPipelineCache(m_device, m_cache, nullptr);
  m_api.DestroyFence(m_device, m_fence, nullptr);
  m_api.DestroyCommandPool(m_device, m_commands, nullptr);
  m_api.DestroyDevice(m_device, nullptr);
}

void Device::saveCache() {
  if (!m_cacheGrew || m_lost || m_cachePath.empty()) return;
  size_t bytes = 0;
  if (m_api.GetPipelineCacheData(m_device, m_cache, &bytes, nullptr) != VK_SUCCESS) return;
  std::vector<std::byte> data(bytes);
  if (m_api.GetPipelineCacheData(m_device, m_cache, &bytes, data.data()) != VK_SUCCESS) return;
  data.resize(bytes);
  // Not writable: the next start compiles again, nothing else is lost.
  (void)writePipelineCache(m_cachePath, data);
}

core::Status Device::makeLayout(size_t kernel) {
  Pipeline& layout = m_layouts[kernel];
  layout.bindings = bindingsOf(kernels()[kernel]);
  std::vector<VkDescriptorSetLayoutBinding> bindings(layout.bindings);
  for (uint32_t i = 0; i < layout.bindings; ++i) {
    bindings[i] = {i, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, 1, VK_SHADER_STAGE_COMPUTE_BIT, nullptr};
  }
  VkDescriptorSetLayoutCreateInfo sets{};
  sets.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  sets.bindingCount = layout.bindings;
  sets.pBindings = bindings.data();
  if (const VkResult r = m_api.CreateDescriptorSetLayout(m_device, &sets, nullptr, &layout.sets); r != VK_SUCCESS) {
    return failed(r, kernels()[kernel].name);
  }
  const VkPushConstantRange push{VK_SHADER_STAGE_COMPUTE_BIT, 0, kernels()[kernel].paramsBytes};
  VkPipelineLayoutCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  info.setLayoutCount = 1;
  info.pSetLayouts = &layout.sets;
  info.pushConstantRangeCount = 1;
  info.pPushConstantRanges = &push;
  const VkResult r = m_api.CreatePipelineLayout(m_device, &info, nullptr, &layout.layout);
  return r == VK_SUCCESS ? core::Status{} : failed(r, kernels()[kernel].name);
}

core::Result<Pipeline> Device::pipeline(size_t kernel, const Constants& constants) {
  Pipeline out = m_layouts[kernel];
  if (const auto found = m_pipelines.find({kernel, constants}); found != m_pipelines.end()) {
    out.pipeline = found->second;
    return out;
  }
  const Kernel& source = kernels()[kernel];
  VkShaderModuleCreateInfo module{};
  module.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  module.codeSize = source.spirvBytes;
  module.pCode = source.spirv;
  VkShaderModule shader = VK_NULL_HANDLE;
  if (const VkResult r = m_api.CreateShaderModule(m_device, &module, nullptr, &shader); r != VK_SUCCESS) {
    return tl::unexpected(failed(r, source.name).error());
  }
  std::array<VkSpecializationMapEntry, std::tuple_size_v<Constants>> entries;
  for (uint32_t i = 0; i < entries.size(); ++i) entries[i] = {i, i * 4, 4};
  const VkSpecializationInfo specialization{static_cast<uint32_t>(entries.size()), entries.data(), sizeof constants,
                                            constants.data()};
  VkComputePipelineCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
  info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
  info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
  info.stage.module = shader;
  info.stage.pName = "main";
  info.stage.pSpecializationInfo = &specialization;
  info.layout = out.layout;
  const VkResult r = m_api.CreateComputePipelines(m_device, m_cache, 1, &info, nullptr, &out.pipeline);
  m_api.DestroyShaderModule(m_device, shader, nullptr);
  if (r != VK_SUCCESS) return tl::unexpected(failed(r, source.name).error());
  m_cacheGrew = true;
  m_pipelines[{kernel, constants}] = out.pipeline;
  return out;
}

core::Result<VkCommandBuffer> Device::newCommands() {
  VkCommandBufferAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  info.commandPool = m_commands;
  info.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  info.commandBufferCount = 1;
  VkCommandBuffer commands = VK_NULL_HANDLE;
  if (const VkResult r = m_api.AllocateCommandBuffers(m_device, &info, &commands); r != VK_SUCCESS) {
    return tl::unexpected(failed(r, "a command buffer").error());
  }
  return commands;
}

void Device::freeCommands(std::span<const VkCommandBuffer> commands) {
  if (!commands.empty()) {
    m_api.FreeCommandBuffers(m_device, m_commands, static_cast<uint32_t>(commands.size()), commands.data());
  }
}

core::Status Device::submit(VkCommandBuffer commands) {
  if (m_lost) return core::fail("{} was lost; open the model again", m_report.name);
  VkSubmitInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  info.commandBufferCount = 1;
  info.pCommandBuffers = &commands;
  const Fault fault = m_fault ? m_fault(FaultPoint::Submit) : Fault::None;
  VkResult r = VK_SUCCESS;
  if (fault == Fault::DeviceLost) r = VK_ERROR_DEVICE_LOST;
  if (fault == Fault::OutOfMemory) r = VK_ERROR_OUT_OF_DEVICE_MEMORY;
  if (r == VK_SUCCESS) r = m_api.QueueSubmit(m_queue, 1, &info, m_fence);
  if (r != VK_SUCCESS) return failed(r, "a submission");
  ++m_counters.submissions;
  r = m_api.WaitForFences(m_device, 1, &m_fence, VK_TRUE, UINT64_MAX);
  ++m_counters.hostWaits;
  if (r != VK_SUCCESS) return failed(r, "a submission");
  r = m_api.ResetFences(m_device, 1, &m_fence);
  return r == VK_SUCCESS ? core::Status{} : failed(r, "a fence");
}

core::Status Device::failed(VkResult result, std::string_view what) {
  if (result == VK_ERROR_DEVICE_LOST) {
    m_lost = true;
    return core::fail("{} was lost (driver reset or time-out); open the model again", m_report.name);
  }
  if (result == VK_ERROR_OUT_OF_DEVICE_MEMORY || result == VK_ERROR_OUT_OF_HOST_MEMORY) {
    return core::fail("{} is out of memory at {} ({}, {} bytes in use); run a smaller model or fewer tokens",
                      m_report.name, what, resultName(result), m_counters.deviceBytes);
  }
  return core::fail("{} refuses {} ({}); update its driver", m_report.name, what, resultName(result));
}

}  // namespace gpu
