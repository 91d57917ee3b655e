// A fixed set of threads that run one loop at a time, the caller among them. Work is cut into `count` pieces whose
// numbers are handed out in order; which thread runs a piece never changes what it computes, so results are the same
// bits for any number of threads.
#pragma once

#include <functional>
#include <memory>

namespace core {

class ThreadPool {
 public:
  // threads counts the caller; 0 takes the number of processors this process may use.
  explicit ThreadPool(int threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const;

  // Runs body(piece) for every piece in [0, count) and returns when all are done. Not reentrant: one caller at a time.
  // body must not throw.
  void run(int count, const std::function<void(int piece)>& body);

  // The same; `worker` in [0, threads()) names the thread, for scratch memory of its own.
  void runOnWorkers(int count, const std::function<void(int piece, int worker)>& body);

 private:
  struct State;
  std::unique_ptr<State> m_state;
};

}  // namespace core
