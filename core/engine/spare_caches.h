// The memory of the last context that was let go, kept for the next one of the same shape: its pages are there already, and
// many short prompts in one process would spend their time on getting and giving back pages.
#pragma once

#include <mutex>
#include <utility>
#include <vector>

#include "core/engine/ops_fast.h"

namespace core {

class SpareCaches {
 public:
  static constexpr size_t kMostFloats = size_t{16} << 20;  // 64 MiB; larger ones go back to the system

  void give(std::vector<fast::LayerCache> caches) {
    size_t floats = 0;
    for (const fast::LayerCache& cache : caches) floats += cache.keys.size() + cache.values.size();
    if (floats > kMostFloats) caches.clear();
    const std::lock_guard lock(m_mutex);
    std::swap(m_caches, caches);
  }

  // `layers` caches of so many floats, contents unspecified. May throw std::bad_alloc.
  std::vector<fast::LayerCache> take(size_t layers, size_t keys, size_t values) {
    std::vector<fast::LayerCache> caches;
    {
      const std::lock_guard lock(m_mutex);
      std::swap(m_caches, caches);
    }
    if (caches.size() == layers && layers > 0 && caches[0].keys.size() == keys && caches[0].values.size() == values) return caches;
    caches.clear();
    caches.resize(layers);
    for (fast::LayerCache& cache : caches) {
      cache.keys.resize(keys);
      cache.values.resize(values);
    }
    return caches;
  }

 private:
  std::mutex m_mutex;
  std::vector<fast::LayerCache> m_caches;
};

}  // namespace core
