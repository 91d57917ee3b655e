#include "gpu/instance.h"

#include <algorithm>
#include <cstring>

namespace gpu {
namespace {

constexpr const char* kValidationLayer = "VK_LAYER_KHRONOS_validation";
constexpr uint32_t kBindings = 8;           // storage buffers the kernels bind, at most
constexpr uint32_t kInvocations = 256;      // of a workgroup
constexpr uint32_t kSharedBytes = 8 << 10;  // of a workgroup

VKAPI_ATTR VkBool32 VKAPI_CALL onMessage(VkDebugUtilsMessageSeverityFlagBitsEXT, VkDebugUtilsMessageTypeFlagsEXT,
                                         const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
  auto* log = static_cast<MessageLog*>(user);
  const std::lock_guard lock(log->mutex);
  log->lines.emplace_back(data->pMessage);
  return VK_FALSE;
}

VkDebugUtilsMessengerCreateInfoEXT messengerInfo(MessageLog* log) {
  VkDebugUtilsMessengerCreateInfoEXT info{};
  info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
  info.messageSeverity =
      VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
  info.messageType = VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
  info.pfnUserCallback = onMessage;
  info.pUserData = log;
  return info;
}

bool hasLayer(const VulkanApi& api, const char* name) {
  uint32_t count = 0;
  api.EnumerateInstanceLayerProperties(&count, nullptr);
  std::vector<VkLayerProperties> layers(count);
  api.EnumerateInstanceLayerProperties(&count, layers.data());
  return std::any_of(layers.begin(), layers.end(), [&](const auto& l) { return std::strcmp(l.layerName, name) == 0; });
}

std::string versionText(uint32_t version) {
  return fmt::format("{}.{}.{}", VK_API_VERSION_MAJOR(version), VK_API_VERSION_MINOR(version),
                     VK_API_VERSION_PATCH(version));
}

DeviceType typeOf(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return DeviceType::Discrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return DeviceType::Integrated;
    case VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU:
      return DeviceType::Virtual;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return DeviceType::Cpu;
    default:
      return DeviceType::Other;
  }
}

std::string whyNot(const VkPhysicalDeviceProperties& properties, int family) {
  const VkPhysicalDeviceLimits& limits = properties.limits;
  const auto tooSmall = [](const char* what, uint64_t has, uint64_t needed) {
    return fmt::format("{} is {}, {} needed", what, has, needed);
  };
  if (properties.apiVersion < VK_API_VERSION_1_1)
    return "Vulkan " + versionText(properties.apiVersion) + ", 1.1 needed";
  if (family < 0) return "it has no compute queue";
  if (limits.maxPerStageDescriptorStorageBuffers < kBindings) {
    return tooSmall("maxPerStageDescriptorStorageBuffers", limits.maxPerStageDescriptorStorageBuffers, kBindings);
  }
  if (limits.maxComputeWorkGroupInvocations < kInvocations || limits.maxComputeWorkGroupSize[0] < kInvocations) {
    return tooSmall("maxComputeWorkGroupInvocations",
                    std::min(limits.maxComputeWorkGroupInvocations, limits.maxComputeWorkGroupSize[0]), kInvocations);
  }
  if (limits.maxComputeSharedMemorySize < kSharedBytes) {
    return tooSmall("maxComputeSharedMemorySize", limits.maxComputeSharedMemorySize, kSharedBytes);
  }
  return "";
}

}  // namespace

int computeFamily(const VulkanApi& api, VkPhysicalDevice device) {
  uint32_t count = 0;
  api.GetPhysicalDeviceQueueFamilyProperties(device, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  api.GetPhysicalDeviceQueueFamilyProperties(device, &count, families.data());
  for (size_t i = 0; i < families.size(); ++i) {
    if ((families[i].queueFlags & VK_QUEUE_COMPUTE_BIT) && families[i].queueCount > 0) return static_cast<int>(i);
  }
  return -1;
}

core::Result<std::unique_ptr<Instance>> Instance::create(bool validation) {
  std::unique_ptr<Instance> instance(new Instance);
  TRY_STATUS(instance->start(validation));
  return instance;
}

core::Status Instance::start(bool validation) {
  TRY_ASSIGN(m_api, VulkanApi::open());
  uint32_t loaderVersion = VK_API_VERSION_1_0;
  m_api.EnumerateInstanceVersion(&loaderVersion);
  if (loaderVersion < VK_API_VERSION_1_1) {
    return core::fail("the Vulkan loader is {}, 1.1 needed; update libvulkan1", versionText(loaderVersion));
  }
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "expertscope";
  application.apiVersion = VK_API_VERSION_1_1;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;

  const char* extensions[] = {VK_EXT_DEBUG_UTILS_EXTENSION_NAME};
  VkDebugUtilsMessengerCreateInfoEXT messenger = messengerInfo(m_log.get());
  const VkValidationFeatureEnableEXT enabled[] = {VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT};
  VkValidationFeaturesEXT features{};
  if (validation) {
    if (!hasLayer(m_api, kValidationLayer)) {
      return core::fail("{} is not installed; install vulkan-validationlayers or run without validation",
                        kValidationLayer);
    }
    features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = enabled;
    features.pNext = &messenger;
    info.pNext = &features;
    info.enabledLayerCount = 1;
    info.ppEnabledLayerNames = &kValidationLayer;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = extensions;
  }
  const VkResult created = m_api.CreateInstance(&info, nullptr, &m_instance);
  if (created == VK_ERROR_INCOMPATIBLE_DRIVER) {
    return core::fail("no Vulkan driver is installed; install one (mesa-vulkan-drivers has a software device too)");
  }
  if (created != VK_SUCCESS) return core::fail("Vulkan cannot be started: {}", resultName(created));
  m_api.loadInstance(m_instance);
  if (validation) m_api.CreateDebugUtilsMessengerEXT(m_instance, &messenger, nullptr, &m_messenger);

  uint32_t count = 0;
  m_api.EnumeratePhysicalDevices(m_instance, &count, nullptr);
  m_devices.resize(count);
  const VkResult listed = m_api.EnumeratePhysicalDevices(m_instance, &count, m_devices.data());
  m_devices.resize(count);
  if ((listed != VK_SUCCESS && listed != VK_INCOMPLETE) || m_devices.empty()) {
    return core::fail("Vulkan finds no device ({})", resultName(listed));
  }
  return {};
}

Instance::~Instance() {
  if (m_messenger) m_api.DestroyDebugUtilsMessengerEXT(m_instance, m_messenger, nullptr);
  if (m_instance) m_api.DestroyInstance(m_instance, nullptr);
}

DeviceReport Instance::report(int index) const {
  VkPhysicalDevice device = m_devices[static_cast<size_t>(index)];
  VkPhysicalDeviceDriverProperties driver{};
  driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
  VkPhysicalDeviceMaintenance3Properties allocation{};
  allocation.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  VkPhysicalDeviceProperties& basic = properties.properties;
  m_api.GetPhysicalDeviceProperties2(device, &properties);
  allocation.maxMemoryAllocationSize = 0;
  if (basic.apiVersion >= VK_API_VERSION_1_1) {
    properties.pNext = &allocation;
    if (basic.apiVersion >= VK_API_VERSION_1_2) allocation.pNext = &driver;
    m_api.GetPhysicalDeviceProperties2(device, &properties);
  }

  DeviceReport report;
  report.index = index;
  report.name = basic.deviceName;
  report.type = typeOf(basic.deviceType);
  report.api = versionText(basic.apiVersion);
  report.driver = driver.driverName[0] ? fmt::format("{} {}", driver.driverName, driver.driverInfo)
                                       : fmt::format("version {:#x}", basic.driverVersion);
  VkPhysicalDeviceMemoryProperties memory{};
  m_api.GetPhysicalDeviceMemoryProperties(device, &memory);
  for (uint32_t i = 0; i < memory.memoryHeapCount; ++i) {
    if (memory.memoryHeaps[i].flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT)
      report.heaps.push_back(memory.memoryHeaps[i].size);
  }
  report.maxBindingBytes = basic.limits.maxStorageBufferRange;
  report.maxAllocationBytes = allocation.maxMemoryAllocationSize;
  report.maxWorkgroupInvocations = basic.limits.maxComputeWorkGroupInvocations;
  report.sharedMemoryBytes = basic.limits.maxComputeSharedMemorySize;
  report.whyNot = whyNot(basic, computeFamily(m_api, device));
  report.usable = report.whyNot.empty();
  return report;
}

std::vector<std::string> Instance::messages() const {
  const std::lock_guard lock(m_log->mutex);
  return m_log->lines;
}

const char* deviceTypeName(DeviceType type) {
  switch (type) {
    case DeviceType::Discrete:
      return "discrete";
    case DeviceType::Integrated:
      return "integrated";
    case DeviceType::Virtual:
      return "virtual";
    case DeviceType::Cpu:
      return "software";
    case DeviceType::Other:
      return "other";
  }
  return "other";
}

DeviceList listDevices() {
  DeviceList list;
  auto instance = Instance::create(false);
  if (!instance) {
    list.problem = instance.error().message;
    return list;
  }
  for (size_t i = 0; i < (*instance)->devices().size(); ++i) {
    list.devices.push_back((*instance)->report(static_cast<int>(i)));
  }
  return list;
}

}  // namespace gpu
