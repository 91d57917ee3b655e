// Workers spin for a short while on the generation counter before they sleep: between two loops of a forward pass there
// are microseconds, and a sleep and wake-up would cost more than the loops themselves. A piece is claimed by one atomic
// increment; the last one out wakes nobody, the caller spins for it.
#include "core/base/thread_pool.h"

#include <sched.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace core {
namespace {

constexpr int kSpins = 4000;  // some tens of microseconds

void pauseBriefly() {
#if defined(__x86_64__)
  _mm_pause();
#endif
}

int processorsAllowed() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<uint64_t> generation{0};
  std::atomic<bool> stop{false};
  std::atomic<int> next{0};
  std::atomic<int> busy{0};
  std::atomic<int> sleeping{0};
  int count = 0;
  const std::function<void(int, int)>* body = nullptr;

  void takePieces(int worker) {
    for (int piece = next.fetch_add(1); piece < count; piece = next.fetch_add(1)) (*body)(piece, worker);
  }

  void work(int worker) {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && generation.load(std::memory_order_acquire) == seen && !stop; ++spin) pauseBriefly();
      if (generation.load(std::memory_order_acquire) == seen && !stop) {
        std::unique_lock lock(mutex);
        sleeping.fetch_add(1);
        wake.wait(lock, [&] { return generation.load() != seen || stop; });
        sleeping.fetch_sub(1);
      }
      if (stop) return;
      seen = generation.load(std::memory_order_acquire);
      takePieces(worker);
      busy.fetch_sub(1, std::memory_order_release);
    }
  }
};

ThreadPool::ThreadPool(int threads) : m_state(std::make_unique<State>()) {
  const int wanted = std::clamp(threads > 0 ? threads : processorsAllowed(), 1, 256);
  for (int i = 1; i < wanted; ++i) m_state->workers.emplace_back([state = m_state.get(), i] { state->work(i); });
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(m_state->mutex);
    m_state->stop = true;
  }
  m_state->wake.notify_all();
  for (std::thread& worker : m_state->workers) worker.join();
}

int ThreadPool::threads() const { return static_cast<int>(m_state->workers.size()) + 1; }

void ThreadPool::run(int count, const std::function<void(int)>& body) {
  runOnWorkers(count, [&body](int piece, int) { body(piece); });
}

void ThreadPool::runOnWorkers(int count, const std::function<void(int, int)>& body) {
  State& state = *m_state;
  if (count <= 0) return;
  if (count == 1 || state.workers.empty()) {
    for (int piece = 0; piece < count; ++piece) body(piece, 0);
    return;
  }
  state.count = count;
  state.body = &body;
  state.next.store(0);
  state.busy.store(static_cast<int>(state.workers.size()));
  state.generation.fetch_add(1, std::memory_order_seq_cst);
  if (state.sleeping.load() > 0) {
    std::lock_guard lock(state.mutex);
    state.wake.notify_all();
  }
  state.takePieces(0);
  while (state.busy.load(std::memory_order_acquire) > 0) pauseBriefly();
}

}  // namespace core
