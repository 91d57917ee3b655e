// Memory for floats that nobody writes before it is used: the system hands out pages when they are touched, so a cache
// for 4,096 tokens of which 16 are run costs the pages of 16. What is read before it was written is unspecified.
#pragma once

#include <memory>
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

}  // namespace core
