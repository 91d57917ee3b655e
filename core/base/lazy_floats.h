// Memory for floats that nobody writes before it is used: the system hands out pages when they are touched, so a cache
// for 4,096 tokens of which 16 are run costs the pages of 16. What is read before it was written is unspecified.
#pragma once

#include <algorithm>
#include <memory>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace core {

template <class T>
struct Untouched : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = Untouched<U>;
  };
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    ::new (static_cast<void*>(at)) U(std::forward<Args>(args)...);
  }
};

using LazyFloats = std::vector<float, Untouched<float>>;

// Blocks of such memory that one run has let go, kept for the next: their pages are there already. Any thread.
class SpareFloats {
 public:
  static constexpr size_t kMostFloats = size_t{16} << 20;  // 64 MiB in all; what is more goes back to the system

  // At least so many floats, contents unspecified. May throw std::bad_alloc.
  LazyFloats take(size_t floats) {
    LazyFloats block;
    {
      const std::lock_guard lock(m_mutex);
      const auto fits =
          std::find_if(m_blocks.begin(), m_blocks.end(), [&](const LazyFloats& b) { return b.size() >= floats; });
      if (fits != m_blocks.end()) {
        block = std::move(*fits);
        m_blocks.erase(fits);
      }
    }
    if (block.size() < floats) block.resize(floats);
    return block;
  }
  void give(LazyFloats block) {
    if (block.empty()) return;
    const std::lock_guard lock(m_mutex);
    m_blocks.push_back(std::move(block));
    size_t all = 0;
    for (const LazyFloats& b : m_blocks) all += b.size();
    for (; all > kMostFloats; m_blocks.erase(m_blocks.begin())) all -= m_blocks.front().size();
  }

 private:
  std::mutex m_mutex;
  std::vector<LazyFloats> m_blocks;
};

}  // namespace core
