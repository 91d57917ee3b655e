// What the CPU engine remembers of a sequence: keys and values of every layer, and what the local filter looks back at,
// all by position, so that a fork has them and truncating forgets them.
#pragma once

#include <algorithm>
#include <new>

#include "core/base/check.h"
#include "core/engine/engine.h"
#include "core/engine/ops_fast.h"

namespace core {

class CpuContext : public Context {
 public:
  CpuContext(const ModelConfig& config, int capacity) : m_capacity(capacity) {
    const AttentionConfig& a = config.attention;
    const size_t rows = static_cast<size_t>(a.keyValueHeads) * static_cast<size_t>(capacity);
    layers.resize(static_cast<size_t>(config.layers));
    for (fast::LayerCache& cache : layers) {
      cache.keys.resize(rows * static_cast<size_t>(a.headDim));
      cache.values.resize(rows * static_cast<size_t>(a.valueDim()));
      if (a.localFilter) cache.inputs.resize(static_cast<size_t>(capacity) * static_cast<size_t>(config.width));
    }
  }

  int length() const override { return m_length; }
  int capacity() const override { return m_capacity; }
  void truncate(int length) override {
    CHECK(length >= 0 && length <= m_length, "truncate to {} of {}", length, m_length);
    m_length = length;
  }
  Result<std::unique_ptr<Context>> fork() const override {
    try {
      return std::make_unique<CpuContext>(*this);
    } catch (const std::bad_alloc&) {
      return fail("not enough memory to copy a context of {} tokens; close other runs", m_capacity);
    }
  }

  void grow(int tokens) { m_length += tokens; }

  // rows (T, G, P) of new keys, or values, to their heads
  void write(std::vector<float>& cache, const float* rows, int T, int heads, int64_t P) const {
    for (int64_t t = 0; t < T; ++t) {
      for (int64_t g = 0; g < heads; ++g) {
        std::copy_n(rows + (t * heads + g) * P, P, cache.data() + (g * m_capacity + m_length + t) * P);
      }
    }
  }

  std::vector<fast::LayerCache> layers;

 private:
  int m_capacity;
  int m_length = 0;
};

}  // namespace core
