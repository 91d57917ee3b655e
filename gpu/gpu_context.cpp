#include "gpu/gpu_context.h"

#include <algorithm>
#include <atomic>

#include "core/base/check.h"

namespace gpu {
namespace {

constexpr uint32_t kFirstPositions = 256;

uint64_t nextGeneration() {
  static std::atomic<uint64_t> last{0};
  return ++last;
}

}  // namespace

GpuContext::GpuContext(std::shared_ptr<Device> device, CacheShape shape, int capacity, Retired retired)
    : m_device(std::move(device)),
      m_shape(shape),
      m_capacity(capacity),
      m_generation(nextGeneration()),
      m_retired(std::move(retired)) {}

void GpuContext::truncate(int length) {
  CHECK(length >= 0 && length <= m_length, "truncate to {} of {}", length, m_length);
  m_length = length;
}

core::Result<std::unique_ptr<core::Context>> GpuContext::fork() const {
  auto copy = std::make_unique<GpuContext>(m_device, m_shape, m_capacity, m_retired);
  if (m_positions > 0) TRY_STATUS(copy->allocate(m_positions, *this));
  copy->m_length = m_length;
  return std::unique_ptr<core::Context>(std::move(copy));
}

core::Status GpuContext::reserve(int tokens) {
  CHECK(tokens <= m_capacity, "{} tokens in a context of {}", tokens, m_capacity);
  const auto needed = static_cast<uint32_t>(tokens);
  if (needed <= m_positions) return {};
  const uint64_t bound = m_device->maxBindingBytes() / 256 * 256 /
                         std::max({m_shape.keyBytes, m_shape.valueBytes, m_shape.inputBytes}) / 8 * 8;
  const auto all = std::min<uint64_t>((static_cast<uint32_t>(m_capacity) + 7) & ~7u, bound);
  const uint64_t wish = std::min<uint64_t>(all, std::max(kFirstPositions, 2 * m_positions));
  return allocate(static_cast<uint32_t>(std::max<uint64_t>(wish, (needed + 7) & ~7u)), *this);
}

// `from` may be this.
core::Status GpuContext::allocate(uint32_t positions, const GpuContext& from) {
  const uint64_t alignment = std::max<uint64_t>(m_device->alignment(), 256);
  const auto room = [&](uint64_t rowBytes) { return (positions * rowBytes + alignment - 1) / alignment * alignment; };
  const uint64_t keysBytes = room(m_shape.keyBytes), valuesBytes = room(m_shape.valueBytes),
                 inputsBytes = room(m_shape.inputBytes);
  if (const uint64_t most = std::max({keysBytes, valuesBytes, inputsBytes}); most > m_device->maxBindingBytes()) {
    return core::fail("{}: the keys of {} tokens take {} bytes a layer, a binding holds {}; run fewer tokens",
                      m_device->report().name, positions, most, m_device->maxBindingBytes());
  }
  std::vector<Buffer> layers;
  for (uint32_t l = 0; l < m_shape.layers; ++l) {
    TRY_ASSIGN(Buffer layer,
               m_device->makeBuffer(keysBytes + valuesBytes + inputsBytes, MemoryUse::Device, "keys and values"));
    layers.push_back(std::move(layer));
  }
  struct Part {
    uint64_t rowBytes, fromOffset, fromBytes, offset, bytes;
  };
  const Part parts[] = {{m_shape.keyBytes, 0, from.m_keysBytes, 0, keysBytes},
                        {m_shape.valueBytes, from.m_keysBytes, from.m_valuesBytes, keysBytes, valuesBytes},
                        {m_shape.inputBytes, from.m_keysBytes + from.m_valuesBytes, from.m_inputsBytes,
                         keysBytes + valuesBytes, inputsBytes}};
  TRY_STATUS(runOnce(m_device, [&](Recorder& recorder) {
    for (uint32_t l = 0; l < m_shape.layers; ++l) {
      for (const Part& part : parts) {
        const uint64_t used = std::min(static_cast<uint64_t>(from.m_length) * part.rowBytes, part.fromBytes);
        if (used > 0) recorder.copy(from.m_layers[l].view(part.fromOffset, used), layers[l].view(part.offset, used));
        // Positions that nobody wrote yet are multiplied by zero: they must be numbers.
        if (part.bytes > used) recorder.zero(layers[l].view(part.offset + used, part.bytes - used));
      }
    }
  }));
  m_retired(m_generation);
  m_layers = std::move(layers);
  m_positions = positions;
  m_keysBytes = keysBytes;
  m_valuesBytes = valuesBytes;
  m_inputsBytes = inputsBytes;
  m_generation = nextGeneration();
  return {};
}

View GpuContext::keys(uint32_t layer) const { return m_layers[layer].view(0, m_keysBytes); }
View GpuContext::values(uint32_t layer) const { return m_layers[layer].view(m_keysBytes, m_valuesBytes); }
View GpuContext::inputs(uint32_t layer) const {
  return m_layers[layer].view(m_keysBytes + m_valuesBytes, m_inputsBytes);
}

}  // namespace gpu
