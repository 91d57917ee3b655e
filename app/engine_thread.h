// A thread that does what it is asked in order. Requests carry a tag: a newer request replaces a waiting one with the
// same tag and asks a running one to stop. Whoever posts never waits; results travel back as queued calls.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace app {

// Held by a job while it works.
class CancelToken {
 public:
  bool cancelled() const { return m_flag->load(std::memory_order_relaxed); }
  void cancel() { m_flag->store(true, std::memory_order_relaxed); }

 private:
  std::shared_ptr<std::atomic<bool>> m_flag = std::make_shared<std::atomic<bool>>(false);
};

class EngineThread {
 public:
  using Job = std::function<void(const CancelToken&)>;

  // What happens to jobs still waiting when the thread is ended: Drop for computations (the running one is cancelled as
  // well), Drain for writes, which all have to reach the disk.
  enum class AtEnd { Drop, Drain };

  explicit EngineThread(AtEnd atEnd);
  ~EngineThread();
  EngineThread(const EngineThread&) = delete;
  EngineThread& operator=(const EngineThread&) = delete;

  // An empty tag replaces nothing and is replaced by nothing.
  void post(const std::string& tag, Job job);

  // Asks the running job and the waiting ones with this tag to stop. They are still called, to report that they did.
  void cancel(const std::string& tag);

 private:
  struct Request {
    std::string tag;
    Job job;
    CancelToken token;
  };
  void loop();

  const AtEnd m_atEnd;
  std::mutex m_mutex;
  std::condition_variable m_wake;
  std::deque<Request> m_waiting;
  std::string m_runningTag;
  CancelToken m_runningToken;
  bool m_running = false;
  bool m_end = false;
  std::thread m_thread;
};

}  // namespace app
