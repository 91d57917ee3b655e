// Workers spin for a short while before they sleep: between two loops of a forward pass there are microseconds, and a
// sleep and wake-up would cost more than the loops themselves. A loop is a gate: the caller opens it, workers that come
// by go in and claim pieces, each by one atomic increment, and when no piece is left the caller closes it and spins
// until those inside are out. A worker that sleeps, or that the system has put aside for another program, is not waited
// for.
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

// The gate of a loop: its number, whether it is open, and how many workers are inside.
namespace gate {
constexpr uint64_t kOpen = uint64_t{1} << 16;
constexpr uint64_t kNext = uint64_t{1} << 17;
uint64_t loopOf(uint64_t gate) { return gate / kNext; }
bool isOpen(uint64_t gate) { return (gate & kOpen) != 0; }
uint64_t inside(uint64_t gate) { return gate % kOpen; }
}  // namespace gate

}  // namespace

struct ThreadPool::State {
  std::vector<std::thread> workers;
  std::mutex mutex;
  std::condition_variable wake;
  std::atomic<bool> stop{false};
  std::atomic<int> sleeping{0};
  int count = 0;
  const std::function<void(int, int)>* body = nullptr;
  alignas(64) std::atomic<uint64_t> gate{0};
  alignas(64) std::atomic<int> next{0};

  void takePieces(int worker) {
    for (int piece = next.fetch_add(1); piece < count; piece = next.fetch_add(1)) (*body)(piece, worker);
  }

  // A loop that this worker has not been in is open.
  bool hasWork(uint64_t seen) const {
    const uint64_t now = gate.load(std::memory_order_acquire);
    return gate::isOpen(now) && gate::loopOf(now) != seen;
  }

  void work(int worker) {
    uint64_t seen = 0;
    for (;;) {
      for (int spin = 0; spin < kSpins && !hasWork(seen) && !stop.load(std::memory_order_relaxed); ++spin)
        pauseBriefly();
      if (!hasWork(seen) && !stop) {
        std::unique_lock lock(mutex);
        sleeping.fetch_add(1);
        wake.wait(lock, [&] { return hasWork(seen) || stop; });
        sleeping.fetch_sub(1);
      }
      if (stop) return;
      uint64_t now = gate.load(std::memory_order_acquire);
      while (gate::isOpen(now) && gate::loopOf(now) != seen) {
        if (!gate.compare_exchange_weak(now, now + 1, std::memory_order_acq_rel)) continue;
        seen = gate::loopOf(now);
        takePieces(worker);
        gate.fetch_sub(1, std::memory_order_release);
        break;
      }
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
  state.next.store(0, std::memory_order_relaxed);
  const uint64_t loop = gate::loopOf(state.gate.load(std::memory_order_relaxed)) + 1;
  state.gate.store(loop * gate::kNext | gate::kOpen, std::memory_order_seq_cst);
  if (state.sleeping.load() > 0) {
    std::lock_guard lock(state.mutex);
    state.wake.notify_all();
  }
  state.takePieces(0);
  uint64_t now = state.gate.fetch_and(~gate::kOpen, std::memory_order_acq_rel);
  while (gate::inside(now) > 0) {
    pauseBriefly();
    now = state.gate.load(std::memory_order_acquire);
  }
}

}  // namespace core
