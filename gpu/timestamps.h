// Marks that the device leaves behind the commands of one group, so that a profile can say which kernel took how long.
// The time between two marks belongs to the command before the second; on a device that overlaps kernels between
// barriers it is the time until the later one was done.
#pragma once

#include <string>
#include <vector>

#include "core/engine/profile.h"
#include "gpu/device.h"

namespace gpu {

class Timestamps {
 public:
  explicit Timestamps(std::shared_ptr<Device> device) : m_device(std::move(device)) {}
  ~Timestamps();
  Timestamps(const Timestamps&) = delete;
  Timestamps& operator=(const Timestamps&) = delete;

  // The first mark. Error: no memory for the queries.
  core::Status begin(VkCommandBuffer commands);
  void mark(VkCommandBuffer commands, std::string_view op);
  bool nearlyFull() const { return m_ops.size() + 64 > kMost; }

  // Once the commands have run: the time of each, by name.
  core::Status addTo(core::Profile& profile) const;

 private:
  static constexpr uint32_t kMost = 1024;

  std::shared_ptr<Device> m_device;
  VkQueryPool m_pool = VK_NULL_HANDLE;
  std::vector<std::string> m_ops;  // of mark 1, 2, ...
};

}  // namespace gpu
