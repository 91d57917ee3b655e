// What the CPU engine remembers of a sequence: keys and values of every layer, and what the local filter looks back at,
// all by position, so that a fork has them and truncating forgets them.
#pragma once

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "core/base/check.h"
#include "core/base/row_loop.h"
#include "core/engine/engine.h"
#include "core/engine/ops_fast.h"
#include "core/engine/spare_caches.h"

namespace core {

class CpuContext : public Context {
 public:
  CpuContext(const ModelConfig& config, int capacity, std::shared_ptr<SpareCaches> spare)
      : m_capacity(capacity), m_heads(static_cast<size_t>(config.attention.keyValueHeads)), m_spare(std::move(spare)) {
    const AttentionConfig& a = config.attention;
    const size_t rows = m_heads * static_cast<size_t>(capacity);
    layers = m_spare->take(static_cast<size_t>(config.layers), rows * static_cast<size_t>(a.headDim),
                           rows * static_cast<size_t>(a.valueDim()));
    for (fast::LayerCache& cache : layers) {
      if (a.localFilter) cache.inputs.assign(static_cast<size_t>(capacity) * static_cast<size_t>(config.width), 0.f);
    }
  }
  ~CpuContext() override { m_spare->give(std::move(layers)); }

  // Only what was written is copied; the rest of the memory stays untouched.
  CpuContext(const CpuContext& other)
      : m_capacity(other.m_capacity), m_length(other.m_length), m_heads(other.m_heads), m_spare(other.m_spare) {
    layers.resize(other.layers.size());
    for (size_t l = 0; l < layers.size(); ++l) {
      copyWritten(other.layers[l].keys, layers[l].keys);
      copyWritten(other.layers[l].values, layers[l].values);
      layers[l].inputs = other.layers[l].inputs;
    }
  }
  CpuContext& operator=(const CpuContext&) = delete;

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
  void write(ThreadPool& pool, LazyFloats& cache, const float* rows, int T, int heads, int64_t P) const {
    forRows(&pool, T, [&](int64_t begin, int64_t end) {
      for (int64_t t = begin; t < end; ++t) {
        for (int64_t g = 0; g < heads; ++g) {
          std::copy_n(rows + (t * heads + g) * P, P, cache.data() + (g * m_capacity + m_length + t) * P);
        }
      }
    });
  }

  std::vector<fast::LayerCache> layers;

 private:
  void copyWritten(const LazyFloats& from, LazyFloats& to) const {
    to.resize(from.size());
    const size_t head = from.size() / m_heads;
    const size_t written = head / static_cast<size_t>(m_capacity) * static_cast<size_t>(m_length);
    for (size_t at = 0; at < from.size(); at += head) std::copy_n(from.data() + at, written, to.data() + at);
  }

  int m_capacity;
  int m_length = 0;
  size_t m_heads;
  std::shared_ptr<SpareCaches> m_spare;
};

}  // namespace core
