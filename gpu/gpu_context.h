// Keys and values of a sequence on the device. Room grows with what is written, up to the capacity asked for; a fork is
// a copy on the device.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "core/engine/engine.h"
#include "gpu/commands.h"

namespace gpu {

struct CacheShape {
  uint32_t layers = 0;
  uint64_t keyBytes = 0;    // of a position: G heads of padded(P) floats
  uint64_t valueBytes = 0;  // G heads of padded(R) floats
  uint64_t inputBytes = 0;  // of what the local filter looks back at, padded(D) floats; 0: no filter
};

class GpuContext : public core::Context {
 public:
  // `retired` is told a generation before its buffers go, so that commands recorded for them go first.
  using Retired = std::function<void(uint64_t generation)>;
  GpuContext(std::shared_ptr<Device> device, CacheShape shape, int capacity, Retired retired);
  ~GpuContext() override { m_retired(m_generation); }

  int length() const override { return m_length; }
  int capacity() const override { return m_capacity; }
  void truncate(int length) override;
  core::Result<std::unique_ptr<core::Context>> fork() const override;

  // Room for `tokens` positions, rounded up; what is in it stays. Errors: out of memory, more than a binding holds.
  core::Status reserve(int tokens);
  void setLength(int length) { m_length = length; }

  uint32_t positions() const { return m_positions; }  // room, a multiple of 8
  View keys(uint32_t layer) const;                    // (positions, G, padded P)
  View values(uint32_t layer) const;                  // (positions, G, padded R)
  View inputs(uint32_t layer) const;                  // (positions, padded D)
  // Changes whenever the buffers do: recorded commands are good for one of these.
  uint64_t generation() const { return m_generation; }

 private:
  core::Status allocate(uint32_t positions, const GpuContext& from);

  std::shared_ptr<Device> m_device;
  CacheShape m_shape;
  int m_capacity = 0;
  int m_length = 0;
  uint32_t m_positions = 0;
  uint64_t m_keysBytes = 0, m_valuesBytes = 0, m_inputsBytes = 0;  // of a layer
  uint64_t m_generation = 0;
  Retired m_retired;
  std::vector<Buffer> m_layers;  // keys, then values, then the filter's inputs
};

}  // namespace gpu
