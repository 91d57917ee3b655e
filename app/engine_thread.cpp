#include "app/engine_thread.h"

#include <algorithm>
#include <utility>

namespace app {

EngineThread::EngineThread(AtEnd atEnd) : m_atEnd(atEnd), m_thread([this] { loop(); }) {}

EngineThread::~EngineThread() {
  {
    const std::lock_guard lock(m_mutex);
    m_end = true;
    if (m_atEnd == AtEnd::Drop) {
      m_waiting.clear();
      if (m_running) m_runningToken.cancel();
    }
  }
  m_wake.notify_one();
  m_thread.join();
}

void EngineThread::post(const std::string& tag, Job job) {
  {
    const std::lock_guard lock(m_mutex);
    if (!tag.empty()) {
      std::erase_if(m_waiting, [&](const Request& request) { return request.tag == tag; });
      if (m_running && m_runningTag == tag) m_runningToken.cancel();
    }
    m_waiting.push_back({tag, std::move(job), CancelToken()});
  }
  m_wake.notify_one();
}

void EngineThread::cancel(const std::string& tag) {
  const std::lock_guard lock(m_mutex);
  for (Request& request : m_waiting) {
    if (request.tag == tag) request.token.cancel();
  }
  if (m_running && m_runningTag == tag) m_runningToken.cancel();
}

void EngineThread::loop() {
  for (;;) {
    Request request;
    {
      std::unique_lock lock(m_mutex);
      m_wake.wait(lock, [this] { return m_end || !m_waiting.empty(); });
      if (m_waiting.empty()) return;
      request = std::move(m_waiting.front());
      m_waiting.pop_front();
      m_runningTag = request.tag;
      m_runningToken = request.token;
      m_running = true;
    }
    request.job(request.token);
    // What the job holds is let go before the next one starts, and outside the lock.
    request.job = nullptr;
    const std::lock_guard lock(m_mutex);
    m_running = false;
  }
}

}  // namespace app
