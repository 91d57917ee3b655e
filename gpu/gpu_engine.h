// The engine behind makeGpuEngine.
#pragma once

#include <list>
#include <memory>

#include "core/base/thread_pool.h"
#include "gpu/gpu.h"
#include "gpu/model_upload.h"

namespace gpu {

// Recorded passes, most recently used first. Contexts know of it too: theirs go with them.
using Passes = std::list<std::pair<PassKey, Pass>>;

class GpuEngine : public core::Engine {
 public:
  static core::Result<std::shared_ptr<GpuEngine>> create(std::shared_ptr<const core::Model> model,
                                                         const GpuOptions& options);

  ~GpuEngine() override { m_passes->clear(); }
  GpuEngine(const GpuEngine&) = delete;
  GpuEngine& operator=(const GpuEngine&) = delete;

  const core::Model& model() const override { return *m_model; }
  const core::EngineInfo& info() const override { return m_info; }
  core::ThreadPool* threads() override { return &m_threads; }
  core::Result<std::unique_ptr<core::Context>> newContext(int tokens) override;
  core::Status forward(core::Context& context, std::span<const int32_t> ids, const core::RunOptions& options,
                       core::TensorSink& sink) override;

  GpuCounters counters() const;

 private:
  GpuEngine(std::shared_ptr<const core::Model> model, std::shared_ptr<Device> device, const GpuOptions& options);

  // One call of forward, cut into passes.
  struct Call {
    GpuContext& context;
    std::span<const int32_t> ids;
    const core::RunOptions& options;
    core::TensorSink& sink;
    int sequenceLength = 0;
    uint32_t capacity = UINT32_MAX;  // C
    Choosing choosing = {};
    std::vector<uint32_t> changes = {};  // of this pass, see routing_changes.h
  };
  core::Status check(const GpuContext& context, std::span<const int32_t> ids) const;
  core::Status decideChoosing(Call& call) const;
  uint32_t tokensAPass(const Call& call, uint32_t tokens) const;
  uint32_t logitRows(uint32_t tokens) const;
  core::Status runPass(Call& call, uint32_t from, uint32_t tokens);
  core::Result<Pass*> passFor(const PassKey& key, const GpuContext& context, size_t changeWords);
  void writeInput(const Call& call, uint32_t from, uint32_t tokens);
  core::Status runGroups(Call& call, const Pass& pass, size_t& next, size_t end, uint32_t from, uint32_t tokens);

  std::shared_ptr<const core::Model> m_model;
  std::shared_ptr<Device> m_device;
  core::EngineInfo m_info;
  Sizes m_sizes;
  UploadedModel m_weights;
  core::ThreadPool m_threads;  // for what is derived from a run; they sleep while the device works
  uint64_t m_captureBytes;
  Work m_work;
  std::shared_ptr<Passes> m_passes = std::make_shared<Passes>();
  double m_submissionWork;  // of one submission, 0: by m_rate
  double m_rate;            // multiply-adds a second, for the size of submissions
};

}  // namespace gpu
