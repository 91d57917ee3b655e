// Recording and replaying: a Sequence is a list of command buffers ("groups") with their descriptor sets. A Recorder
// fills one; when the work of a group passes the budget it starts the next, so that no submission keeps a device busy
// for long.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "gpu/device.h"
#include "gpu/timestamps.h"

namespace gpu {

class Sequence {
 public:
  explicit Sequence(std::shared_ptr<Device> device) : m_device(std::move(device)) {}
  ~Sequence();
  Sequence(const Sequence&) = delete;
  Sequence& operator=(const Sequence&) = delete;

  size_t groups() const { return m_groups.size(); }
  double work(size_t group) const { return m_groups[group].work; }  // multiply-adds
  // Runs one group and waits for it. With a profile, adds the time of each of its kernels; of a sequence that was
  // recorded without marks, the time of the submission.
  core::Status run(size_t group, core::Profile* profile = nullptr);

 private:
  friend class Recorder;
  struct Group {
    VkCommandBuffer commands = VK_NULL_HANDLE;
    uint64_t dispatches = 0;
    double work = 0;
    std::unique_ptr<Timestamps> marks;  // null: not timed
  };
  std::shared_ptr<Device> m_device;
  std::vector<Group> m_groups;
  std::vector<VkDescriptorPool> m_pools;
};

struct Groups {
  uint32_t x = 1, y = 1, z = 1;
};

class Recorder {
 public:
  // `budget`: multiply-adds of one group. `timed`: leave a mark behind each command, where the device can.
  Recorder(std::shared_ptr<Device> device, double budget, bool timed = false);
  ~Recorder();

  // Records a kernel over workgroups. `views` are its bindings 0, 1, ...; the first error is kept for finish().
  template <class Params>
  void dispatch(std::string_view kernel, const Constants& constants, std::initializer_list<View> views,
                const Params& params, Groups groups, double work = 0) {
    record(kernel, constants, std::span(views.begin(), views.size()), &params, sizeof params, groups, work);
  }
  void copy(View from, View to);
  void zero(View view);
  // What follows waits for what came before, and sees what it wrote.
  void barrier();
  // The groups so far end here and can be run on their own.
  void endGroup();

  size_t groupsSoFar() const { return m_sequence->m_groups.size(); }
  core::Result<std::unique_ptr<Sequence>> finish();

 private:
  void record(std::string_view kernel, const Constants& constants, std::span<const View> views, const void* params,
              size_t paramsBytes, Groups groups, double work);
  bool begin();
  void mark(std::string_view op);
  VkDescriptorSet newSet(const Pipeline& pipeline);

  std::shared_ptr<Device> m_device;
  std::unique_ptr<Sequence> m_sequence;
  double m_budget;
  bool m_timed;
  Sequence::Group m_group;
  uint32_t m_setsLeft = 0, m_buffersLeft = 0;
  core::Status m_status;
};

// Records by `fill` and runs at once.
template <class Fill>
core::Status runOnce(const std::shared_ptr<Device>& device, const Fill& fill) {
  Recorder recorder(device, 1e300);
  fill(recorder);
  TRY_ASSIGN(const std::unique_ptr<Sequence> sequence, recorder.finish());
  for (size_t i = 0; i < sequence->groups(); ++i) TRY_STATUS(sequence->run(i));
  return {};
}

}  // namespace gpu
