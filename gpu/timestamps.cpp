#include "gpu/timestamps.h"

namespace gpu {

Timestamps::~Timestamps() {
  if (m_pool) m_device->api().DestroyQueryPool(m_device->handle(), m_pool, nullptr);
}

core::Status Timestamps::begin(VkCommandBuffer commands) {
  VkQueryPoolCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  info.queryType = VK_QUERY_TYPE_TIMESTAMP;
  info.queryCount = kMost;
  const VulkanApi& api = m_device->api();
  if (const VkResult r = api.CreateQueryPool(m_device->handle(), &info, nullptr, &m_pool); r != VK_SUCCESS) {
    return m_device->failed(r, "a query pool");
  }
  api.CmdResetQueryPool(commands, m_pool, 0, kMost);
  api.CmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, m_pool, 0);
  return {};
}

void Timestamps::mark(VkCommandBuffer commands, std::string_view op) {
  if (m_ops.size() + 1 >= kMost) return;  // its time goes to the next mark, and there is none past the last
  m_ops.emplace_back(op);
  m_device->api().CmdWriteTimestamp(commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, m_pool,
                                    static_cast<uint32_t>(m_ops.size()));
}

core::Status Timestamps::addTo(core::Profile& profile) const {
  std::vector<uint64_t> ticks(m_ops.size() + 1);
  const VkResult r = m_device->api().GetQueryPoolResults(
      m_device->handle(), m_pool, 0, static_cast<uint32_t>(ticks.size()), ticks.size() * sizeof(uint64_t), ticks.data(),
      sizeof(uint64_t), VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT);
  if (r != VK_SUCCESS) return m_device->failed(r, "timestamps");
  const uint32_t bits = m_device->timestampBits();
  const uint64_t mask = bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << bits) - 1;
  for (size_t i = 0; i < m_ops.size(); ++i) {
    const uint64_t passed = (ticks[i + 1] - ticks[i]) & mask;
    profile.add(m_ops[i], static_cast<double>(passed) * m_device->timestampNanoseconds() * 1e-9);
  }
  return {};
}

}  // namespace gpu
