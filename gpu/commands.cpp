#include "gpu/commands.h"

#include "core/base/check.h"

namespace gpu {
namespace {

constexpr uint32_t kSetsAPool = 256;
constexpr uint32_t kBuffersAPool = 256 * 5;

}  // namespace

Sequence::~Sequence() {
  for (const Group& group : m_groups) m_device->freeCommands({&group.commands, 1});
  for (VkDescriptorPool pool : m_pools) m_device->api().DestroyDescriptorPool(m_device->handle(), pool, nullptr);
}

core::Status Sequence::run(size_t group, core::Profile* profile) {
  core::Stopwatch watch(profile);
  const Group& wanted = m_groups[group];
  TRY_STATUS(m_device->submit(wanted.commands));
  m_device->counters().dispatches += wanted.dispatches;
  if (!profile) return {};
  if (wanted.marks) return wanted.marks->addTo(*profile);
  watch.lap("submissions");
  return {};
}

Recorder::Recorder(std::shared_ptr<Device> device, double budget, bool timed)
    : m_device(std::move(device)),
      m_sequence(std::make_unique<Sequence>(m_device)),
      m_budget(budget),
      m_timed(timed && m_device->timestampBits() > 0) {}

Recorder::~Recorder() {
  if (m_group.commands) m_device->freeCommands({&m_group.commands, 1});
}

bool Recorder::begin() {
  if (!m_status) return false;
  if (m_group.commands) return true;
  auto commands = m_device->newCommands();
  if (!commands) {
    m_status = tl::unexpected(commands.error());
    return false;
  }
  m_group.commands = *commands;
  VkCommandBufferBeginInfo info{};
  info.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  if (const VkResult r = m_device->api().BeginCommandBuffer(m_group.commands, &info); r != VK_SUCCESS) {
    m_status = m_device->failed(r, "a command buffer");
    return false;
  }
  barrier();  // after whatever was submitted before
  if (m_timed) {
    m_group.marks = std::make_unique<Timestamps>(m_device);
    m_status = m_group.marks->begin(m_group.commands);
  }
  return m_status.has_value();
}

VkDescriptorSet Recorder::newSet(const Pipeline& pipeline) {
  if (m_setsLeft == 0 || m_buffersLeft < pipeline.bindings) {
    const VkDescriptorPoolSize size{VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, kBuffersAPool};
    VkDescriptorPoolCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    info.maxSets = kSetsAPool;
    info.poolSizeCount = 1;
    info.pPoolSizes = &size;
    VkDescriptorPool pool = VK_NULL_HANDLE;
    const VkResult r = m_device->api().CreateDescriptorPool(m_device->handle(), &info, nullptr, &pool);
    if (r != VK_SUCCESS) {
      m_status = m_device->failed(r, "a descriptor pool");
      return VK_NULL_HANDLE;
    }
    m_sequence->m_pools.push_back(pool);
    m_setsLeft = kSetsAPool;
    m_buffersLeft = kBuffersAPool;
  }
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = m_sequence->m_pools.back();
  info.descriptorSetCount = 1;
  info.pSetLayouts = &pipeline.sets;
  VkDescriptorSet set = VK_NULL_HANDLE;
  if (const VkResult r = m_device->api().AllocateDescriptorSets(m_device->handle(), &info, &set); r != VK_SUCCESS) {
    m_status = m_device->failed(r, "a descriptor set");
    return VK_NULL_HANDLE;
  }
  --m_setsLeft;
  m_buffersLeft -= pipeline.bindings;
  return set;
}

void Recorder::record(std::string_view kernel, const Constants& constants, std::span<const View> views,
                      const void* params, size_t paramsBytes, Groups groups, double work) {
  const size_t index = kernelIndex(kernel);
  CHECK(paramsBytes == kernels()[index].paramsBytes, "{}: {} bytes of parameters, the shader has {}", kernel,
        paramsBytes, kernels()[index].paramsBytes);
  const std::array<uint32_t, 3> counts = {groups.x, groups.y, groups.z};
  for (int axis = 0; axis < 3; ++axis) {
    if (counts[static_cast<size_t>(axis)] > m_device->maxGroups(axis)) {
      if (m_status)
        m_status = core::fail("{}: {} of {} workgroups are too many for the device; run fewer tokens",
                              m_device->report().name, counts[static_cast<size_t>(axis)], kernel);
      return;
    }
    if (counts[static_cast<size_t>(axis)] == 0) return;
  }
  if (!begin()) return;
  auto pipeline = m_device->pipeline(index, constants);
  if (!pipeline) {
    m_status = tl::unexpected(pipeline.error());
    return;
  }
  CHECK(views.size() == pipeline->bindings, "{}: {} views for {} bindings", kernel, views.size(), pipeline->bindings);
  const VkDescriptorSet set = newSet(*pipeline);
  if (!set) return;
  std::array<VkDescriptorBufferInfo, 8> infos;
  std::array<VkWriteDescriptorSet, 8> writes;
  for (uint32_t i = 0; i < views.size(); ++i) {
    CHECK(views[i] && views[i].bytes <= m_device->maxBindingBytes() && views[i].offset % m_device->alignment() == 0,
          "{}: binding {} has {} bytes at {}", kernel, i, views[i].bytes, views[i].offset);
    infos[i] = {views[i].buffer, views[i].offset, views[i].bytes};
    writes[i] = {};
    writes[i].sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    writes[i].dstSet = set;
    writes[i].dstBinding = i;
    writes[i].descriptorCount = 1;
    writes[i].descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    writes[i].pBufferInfo = &infos[i];
  }
  const VulkanApi& api = m_device->api();
  VkCommandBuffer commands = m_group.commands;
  api.UpdateDescriptorSets(m_device->handle(), static_cast<uint32_t>(views.size()), writes.data(), 0, nullptr);
  api.CmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->pipeline);
  api.CmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline->layout, 0, 1, &set, 0, nullptr);
  api.CmdPushConstants(commands, pipeline->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, static_cast<uint32_t>(paramsBytes),
                       params);
  api.CmdDispatch(commands, groups.x, groups.y, groups.z);
  ++m_group.dispatches;
  m_group.work += work;
  mark(kernel);
}

void Recorder::mark(std::string_view op) {
  if (m_group.marks) m_group.marks->mark(m_group.commands, op);
}

void Recorder::copy(View from, View to) {
  CHECK(from.bytes <= to.bytes, "copy of {} bytes into {}", from.bytes, to.bytes);
  if (from.bytes == 0 || !begin()) return;
  const VkBufferCopy region{from.offset, to.offset, from.bytes};
  m_device->api().CmdCopyBuffer(m_group.commands, from.buffer, to.buffer, 1, &region);
  mark("copy");
}

void Recorder::zero(View view) {
  if (view.bytes == 0 || !begin()) return;
  m_device->api().CmdFillBuffer(m_group.commands, view.buffer, view.offset, view.bytes & ~uint64_t{3}, 0);
  mark("zero");
}

void Recorder::barrier() {
  if (!m_group.commands) return;
  constexpr VkPipelineStageFlags kStages = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_READ_BIT |
                         VK_ACCESS_TRANSFER_WRITE_BIT;
  m_device->api().CmdPipelineBarrier(m_group.commands, kStages, kStages, 0, 1, &memory, 0, nullptr, 0, nullptr);
  if (m_group.work > m_budget || (m_group.marks && m_group.marks->nearlyFull())) endGroup();
}

void Recorder::endGroup() {
  if (!m_group.commands || !m_status) return;
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT;
  memory.dstAccessMask = VK_ACCESS_HOST_READ_BIT;
  m_device->api().CmdPipelineBarrier(m_group.commands,
                                     VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
                                     VK_PIPELINE_STAGE_HOST_BIT, 0, 1, &memory, 0, nullptr, 0, nullptr);
  const VkResult r = m_device->api().EndCommandBuffer(m_group.commands);
  if (r != VK_SUCCESS) {
    m_status = m_device->failed(r, "a command buffer");
    return;
  }
  m_sequence->m_groups.push_back(std::move(m_group));
  m_group = {};
}

core::Result<std::unique_ptr<Sequence>> Recorder::finish() {
  endGroup();
  if (!m_status) return tl::unexpected(m_status.error());
  return std::move(m_sequence);
}

}  // namespace gpu
