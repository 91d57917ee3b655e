// Memory of a device: which type a buffer takes, and what happens when there is none left.
#include <algorithm>
#include <utility>

#include "gpu/device.h"

namespace gpu {

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(m_device, other.m_device);
  std::swap(m_buffer, other.m_buffer);
  std::swap(m_memory, other.m_memory);
  std::swap(m_bytes, other.m_bytes);
  std::swap(m_allocated, other.m_allocated);
  std::swap(m_mapped, other.m_mapped);
  return *this;
}

Buffer::~Buffer() {
  if (!m_device) return;
  m_device->m_api.DestroyBuffer(m_device->m_device, m_buffer, nullptr);
  m_device->m_api.FreeMemory(m_device->m_device, m_memory, nullptr);
  m_device->m_counters.deviceBytes -= m_allocated;
}

const std::byte* Buffer::read() const {
  ++m_device->m_counters.readBacks;
  if (m_device->m_insidePass) ++m_device->m_counters.readBacksInsidePass;
  return m_mapped;
}

uint64_t Device::localHeapBytes() const {
  uint64_t largest = 0;
  for (uint64_t heap : m_report.heaps) largest = std::max(largest, heap);
  return largest;
}

int Device::memoryType(uint32_t allowed, MemoryUse use) const {
  constexpr VkMemoryPropertyFlags kHost = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
  std::vector<VkMemoryPropertyFlags> wishes;
  switch (use) {
    case MemoryUse::Device:
      if (m_hostMemory) wishes = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | kHost};
      if (!m_hostMemory) wishes = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
      break;
    case MemoryUse::Upload:
      wishes = {kHost};
      break;
    case MemoryUse::Download:
      wishes = {kHost | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, kHost};
      break;
  }
  for (VkMemoryPropertyFlags wish : wishes) {
    for (uint32_t i = 0; i < m_memory.memoryTypeCount; ++i) {
      if ((allowed & (1u << i)) && (m_memory.memoryTypes[i].propertyFlags & wish) == wish) return static_cast<int>(i);
    }
  }
  return -1;
}

core::Result<Buffer> Device::makeBuffer(uint64_t bytes, MemoryUse use, std::string_view what) {
  if (m_lost) return core::fail("{} was lost; open the model again", m_report.name);
  bytes = std::max<uint64_t>((bytes + 15) & ~uint64_t{15}, 16);
  Buffer buffer;
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = bytes;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  const auto outOfMemory = [&](VkResult r) {
    return core::fail(
        "{}: {} bytes for {} are not to be had ({}, {} bytes in use); run a smaller model or fewer tokens",
        m_report.name, bytes, what, resultName(r), m_counters.deviceBytes);
  };
  const Fault fault = m_fault ? m_fault(FaultPoint::Allocate) : Fault::None;
  if (fault == Fault::OutOfMemory) return outOfMemory(VK_ERROR_OUT_OF_DEVICE_MEMORY);
  if (bytes > m_maxAllocation && m_maxAllocation > 0) {
    return core::fail("{}: {} needs {} bytes, the device gives at most {} at once; run fewer tokens", m_report.name,
                      what, bytes, m_maxAllocation);
  }
  VkBuffer handle = VK_NULL_HANDLE;
  if (const VkResult r = m_api.CreateBuffer(m_device, &info, nullptr, &handle); r != VK_SUCCESS) return outOfMemory(r);
  VkMemoryRequirements needs{};
  m_api.GetBufferMemoryRequirements(m_device, handle, &needs);
  VkMemoryAllocateInfo allocation{};
  allocation.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocation.allocationSize = needs.size;
  const int type = memoryType(needs.memoryTypeBits, use);
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkResult r = VK_ERROR_FEATURE_NOT_PRESENT;
  if (type >= 0) {
    allocation.memoryTypeIndex = static_cast<uint32_t>(type);
    r = m_api.AllocateMemory(m_device, &allocation, nullptr, &memory);
  }
  if (r == VK_SUCCESS) r = m_api.BindBufferMemory(m_device, handle, memory, 0);
  void* mapped = nullptr;
  if (r == VK_SUCCESS && (use != MemoryUse::Device || m_hostMemory)) {
    r = m_api.MapMemory(m_device, memory, 0, VK_WHOLE_SIZE, 0, &mapped);
  }
  if (r != VK_SUCCESS) {
    m_api.DestroyBuffer(m_device, handle, nullptr);
    m_api.FreeMemory(m_device, memory, nullptr);
    return outOfMemory(r);
  }
  buffer.m_device = shared_from_this();
  buffer.m_buffer = handle;
  buffer.m_memory = memory;
  buffer.m_bytes = bytes;
  buffer.m_allocated = needs.size;
  buffer.m_mapped = static_cast<std::byte*>(mapped);
  m_counters.deviceBytes += needs.size;
  return buffer;
}

}  // namespace gpu
