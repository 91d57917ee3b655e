#include "gpu/gpu_engine.h"

#include <bit>
#include <chrono>
#include <cstring>

#include "core/base/check.h"
#include "core/engine/intervention.h"
#include "core/engine/routing_step.h"
#include "core/engine/support.h"
#include "gpu/routing_changes.h"

namespace gpu {
namespace {

constexpr uint32_t kPassTokens = 512;                 // of families without a capacity rule
constexpr uint64_t kLogitBytes = uint64_t{16} << 20;  // of one block of logits
constexpr uint32_t kStepPositions = 256;              // single-token steps are recorded for so many positions at once
constexpr size_t kKeptPasses = 8;                     // recorded passes
constexpr double kGroupSeconds = 0.1;                 // aim of one submission
constexpr double kSoftwareRate = 2e9, kDeviceRate = 5e10;  // multiply-adds a second before anything was measured
constexpr double kMinRate = 1e8, kMaxRate = 1e12;

}  // namespace

GpuEngine::GpuEngine(std::shared_ptr<const core::Model> model, std::shared_ptr<Device> device,
                     const GpuOptions& options)
    : m_model(std::move(model)),
      m_device(std::move(device)),
      m_sizes(m_model->config),
      m_captureBytes(options.captureBytes),
      m_submissionWork(options.submissionWork),
      m_rate(m_device->report().type == DeviceType::Cpu ? kSoftwareRate : kDeviceRate) {
  m_info.engine = "gpu";
  m_info.device = m_device->report().name;
  m_info.driver = m_device->report().driver;
  m_info.kernels = m_device->hostMemory() ? "registers" : "tiles";
}

core::Result<std::shared_ptr<GpuEngine>> GpuEngine::create(std::shared_ptr<const core::Model> model,
                                                           const GpuOptions& options) {
  TRY_STATUS(core::engineSupports(model->config));
  TRY_ASSIGN(std::shared_ptr<Device> device, Device::create(options));
  std::shared_ptr<GpuEngine> engine(new GpuEngine(std::move(model), std::move(device), options));
  if (uint64_t{engine->m_sizes.V} * 4 > engine->m_device->maxBindingBytes()) {
    return core::fail("{}: logits of {} entries take {} bytes, {} binds {}", engine->m_model->name, engine->m_sizes.V,
                      uint64_t{engine->m_sizes.V} * 4, engine->m_info.device, engine->m_device->maxBindingBytes());
  }
  TRY_ASSIGN(engine->m_weights, uploadModel(engine->m_device, *engine->m_model, options.uploading));
  for (const core::DType type : engine->m_weights.memory->unpacked()) {
    engine->m_info.kernels += fmt::format(", {} unpacked to F32", core::nameOf(type));
  }
  return engine;
}

GpuCounters GpuEngine::counters() const {
  GpuCounters counters = m_device->counters();
  counters.validationMessages = m_device->messages();
  return counters;
}

core::Result<std::unique_ptr<core::Context>> GpuEngine::newContext(int tokens) {
  CHECK(tokens > 0, "context of {} tokens", tokens);
  const CacheShape shape{static_cast<uint32_t>(m_model->config.layers), uint64_t{m_sizes.keyCache} * 4,
                         uint64_t{m_sizes.valueCache} * 4,
                         m_model->config.attention.localFilter ? uint64_t{m_sizes.stride} * 4 : 0};
  const auto retired = [passes = m_passes](uint64_t generation) {
    passes->remove_if([&](const auto& entry) { return entry.first.generation == generation; });
  };
  auto context = std::make_unique<GpuContext>(m_device, shape, tokens, retired);
  TRY_STATUS(context->reserve(1));
  return std::unique_ptr<core::Context>(std::move(context));
}

core::Status GpuEngine::check(const GpuContext& context, std::span<const int32_t> ids) const {
  CHECK(!ids.empty(), "forward without ids");
  const auto room = static_cast<size_t>(context.capacity() - context.length());
  if (ids.size() > room) {
    return core::fail("the context has room for {} tokens, {} are in it and {} were given", context.capacity(),
                      context.length(), ids.size());
  }
  for (const int32_t id : ids) {
    if (id < 0 || id >= m_model->config.vocabulary) {
      return core::fail("token id {} is outside the vocabulary of {} entries", id, m_model->config.vocabulary);
    }
  }
  return {};
}

core::Status GpuEngine::decideChoosing(Call& call) const {
  const core::RouterConfig& router = m_model->config.router;
  const core::Interventions* changes = call.options.interventions.get();
  const int tokens = static_cast<int>(call.ids.size());
  call.choosing.columns = m_sizes.K;
  if (m_sizes.E == 0) return {};
  if (changes) {
    call.choosing = {static_cast<uint32_t>(changes->columns()), true, changes->changesCapacity()};
    // What cannot be run is said before anything is.
    TRY_STATUS(encodeChanges(*changes, m_model->config, call.context.length(), call.ids));
  }
  TRY_ASSIGN(const std::optional<int64_t> slots,
             changes ? changes->slotsAnExpert(router, tokens, call.options.capacityRule, call.options.capacityFactor)
                     : core::slotsFor(router, tokens, call.options.capacityRule, call.options.capacityFactor));
  if (slots) call.capacity = static_cast<uint32_t>(std::clamp<int64_t>(*slots, 0, UINT32_MAX - 1));
  return {};
}

// A family with a capacity rule routes a call as one group. Other calls are cut so that captured tensors stay within
// their memory and every buffer within a binding.
uint32_t GpuEngine::tokensAPass(const Call& call, uint32_t tokens) const {
  if ((m_model->config.router.dropsChoices || call.choosing.queued) && m_sizes.E > 0) return tokens;
  uint64_t most = std::min(tokens, kPassTokens);
  const uint64_t captured = planCapture(m_model->config, m_sizes, call.choosing, call.options.capture, 1).bytes;
  if (captured > 0) most = std::min(most, m_captureBytes / captured);
  most = std::min(most, m_device->maxBindingBytes() / 4 / m_sizes.widestPerToken(call.choosing.columns));
  return static_cast<uint32_t>(std::max<uint64_t>(most, 1));
}

uint32_t GpuEngine::logitRows(uint32_t tokens) const {
  const uint64_t bytes = std::min(kLogitBytes, m_device->maxBindingBytes());
  return static_cast<uint32_t>(std::clamp<uint64_t>(bytes / 4 / m_sizes.V, 1, tokens));
}

core::Status GpuEngine::forward(core::Context& anyContext, std::span<const int32_t> ids,
                                const core::RunOptions& options, core::TensorSink& sink) {
  auto& context = static_cast<GpuContext&>(anyContext);
  TRY_STATUS(check(context, ids));
  const int before = context.length();
  const auto tokens = static_cast<uint32_t>(ids.size());
  Call call{context, ids, options, sink};
  call.sequenceLength = options.sequenceLength > 0 ? options.sequenceLength : before + static_cast<int>(tokens);
  TRY_STATUS(decideChoosing(call));
  const uint32_t most = tokensAPass(call, tokens);
  core::Status status = context.reserve(before + static_cast<int>(tokens));
  for (uint32_t from = 0; from < tokens && status; from += most) {
    const uint32_t count = std::min(most, tokens - from);
    status = runPass(call, from, count);
    if (status) context.setLength(before + static_cast<int>(from + count));
  }
  m_device->setInsidePass(false);
  // The weights are on the device, but what is derived from a run reads the files again.
  if (status && m_model->storage) status = m_model->storage->check();
  if (!status) context.setLength(before);
  return status;
}

core::Result<Pass*> GpuEngine::passFor(const PassKey& key, const GpuContext& context, size_t changeWords) {
  Need need;
  need.tokens = key.tokens;
  need.scoreBytes = scoreBytes(*m_device, m_sizes, key.tokens, key.positions);
  need.logitRows = logitRows(key.tokens);
  need.captureBytes = planCapture(m_model->config, m_sizes, key.choosing, key.capture, key.tokens).bytes;
  need.columns = key.choosing.columns;
  need.changeWords = changeWords > 0 ? std::bit_ceil(changeWords) : 0;
  if (!fits(m_work, need)) {
    m_passes->clear();
    TRY_STATUS(growWork(m_device, m_sizes, need, m_work));
  }
  for (auto it = m_passes->begin(); it != m_passes->end(); ++it) {
    if (it->first != key) continue;
    m_passes->splice(m_passes->begin(), *m_passes, it);
    return &m_passes->front().second;
  }
  const PassInputs inputs{m_model->config, m_sizes, m_weights.model, m_work, context};
  TRY_ASSIGN(Pass pass,
             recordPass(m_device, inputs, key, m_submissionWork > 0 ? m_submissionWork : m_rate * kGroupSeconds));
  ++m_device->counters().recordings;
  m_passes->emplace_front(key, std::move(pass));
  if (m_passes->size() > kKeptPasses) m_passes->pop_back();
  return &m_passes->front().second;
}

void GpuEngine::writeInput(const Call& call, uint32_t from, uint32_t tokens) {
  std::byte* input = m_work.input.mapped();
  const auto first = static_cast<uint32_t>(call.context.length());
  std::memcpy(input, &first, sizeof first);
  std::memcpy(input + m_work.idsOffset, call.ids.data() + from, size_t{tokens} * 4);
  const core::ops::RopeTable table =
      core::ops::ropeTable(m_model->config.attention.rope, m_model->config.context, static_cast<int>(first),
                           static_cast<int>(tokens), call.sequenceLength);
  std::memcpy(input + m_work.cosOffset, table.cos.data(), table.cos.size() * 4);
  std::memcpy(input + m_work.sinOffset, table.sin.data(), table.sin.size() * 4);
  if (!call.changes.empty()) {
    std::memcpy(input + m_work.changesOffset, call.changes.data(), call.changes.size() * 4);
  }
}

core::Status GpuEngine::runPass(Call& call, uint32_t from, uint32_t tokens) {
  const auto first = static_cast<uint32_t>(call.context.length());
  PassKey key;
  key.generation = call.context.generation();
  key.tokens = tokens;
  key.positions = padded(first + tokens);
  // A single token's commands serve for many positions; so do their buffers.
  if (tokens == 1) {
    const uint32_t bound = (first + kStepPositions) / kStepPositions * kStepPositions;
    key.positions = std::min(bound, call.context.positions());
  }
  key.capacity = call.capacity;
  key.choosing = call.choosing;
  key.capture = call.options.capture;
  key.timed = call.options.profile != nullptr;
  const bool last = from + tokens == call.ids.size();
  if (call.options.lastLogitsOnly) key.firstLogits = last ? tokens - 1 : tokens;
  if (call.choosing.changed) {
    TRY_ASSIGN(call.changes, encodeChanges(*call.options.interventions, m_model->config, static_cast<int>(first),
                                           call.ids.subspan(from, tokens)));
  }
  TRY_ASSIGN(Pass* const pass, passFor(key, call.context, call.changes.size()));
  writeInput(call, from, tokens);

  m_device->setInsidePass(true);
  size_t next = 0;
  TRY_STATUS(runGroups(call, *pass, next, pass->layerGroups, from, tokens));
  m_device->setInsidePass(false);
  ++m_device->counters().passes;
  if (pass->capture.bytes > 0) {
    core::Stopwatch watch(call.options.profile);
    TRY_STATUS(
        deliver(pass->capture, m_work.capture.read(), static_cast<int>(first), static_cast<int>(tokens), call.sink));
    watch.lap("recording");
  }
  for (const LogitsBlock& block : pass->blocks) {
    TRY_STATUS(runGroups(call, *pass, next, block.groupEnd, from, tokens));
    core::Stopwatch watch(call.options.profile);
    const std::byte* rows = (m_work.logitsHost ? m_work.logitsHost : m_work.logits).read();
    TRY_STATUS(call.sink.logits({static_cast<int>(first + block.firstRow), static_cast<int>(block.rows),
                                 reinterpret_cast<const float*>(rows)}));
    watch.lap("recording");
  }
  return {};
}

core::Status GpuEngine::runGroups(Call& call, const Pass& pass, size_t& next, size_t end, uint32_t from,
                                  uint32_t tokens) {
  using Clock = std::chrono::steady_clock;
  for (; next < end; ++next) {
    const Clock::time_point start = Clock::now();
    TRY_STATUS(pass.sequence->run(next, call.options.profile));
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const double work = pass.sequence->work(next);
    if (work > 0.1 * m_rate * kGroupSeconds && seconds > 0) {
      m_rate = std::clamp(0.5 * (m_rate + work / seconds), kMinRate, kMaxRate);
    }
    const double share = static_cast<double>(next + 1) / static_cast<double>(pass.sequence->groups());
    if (call.options.progress &&
        !call.options.progress((from + tokens * share) / static_cast<double>(call.ids.size()))) {
      return core::cancelled();
    }
  }
  return {};
}

core::Result<std::shared_ptr<core::Engine>> makeGpuEngine(std::shared_ptr<const core::Model> model,
                                                          const GpuOptions& options) {
  TRY_ASSIGN(std::shared_ptr<GpuEngine> engine, GpuEngine::create(std::move(model), options));
  return std::shared_ptr<core::Engine>(std::move(engine));
}

GpuCounters gpuCounters(const core::Engine& engine) {
  const auto* ours = dynamic_cast<const GpuEngine*>(&engine);
  return ours ? ours->counters() : GpuCounters{};
}

}  // namespace gpu
