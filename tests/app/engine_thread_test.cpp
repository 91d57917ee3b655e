#include "app/engine_thread.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <string>

namespace {

using app::CancelToken;
using app::EngineThread;

// Holds the thread until released, so that the requests behind it pile up in a known state.
struct Gate {
  std::promise<void> entered, open;
  void post(EngineThread& thread, const std::string& tag = "") {
    thread.post(tag, [this](const CancelToken&) {
      entered.set_value();
      open.get_future().wait();
    });
    entered.get_future().wait();
  }
};

TEST(EngineThread, DoesJobsInTheOrderTheyWereAskedFor) {
  std::string done;
  {
    EngineThread thread(EngineThread::AtEnd::Drain);
    for (const char name : {'a', 'b', 'c'}) thread.post("", [&done, name](const CancelToken&) { done += name; });
  }
  EXPECT_EQ(done, "abc");
}

TEST(EngineThread, NewerRequestWithTheSameTagReplacesTheWaitingOne) {
  std::string done;
  {
    Gate gate;  // outlives the thread, which drains what stands behind it
    EngineThread thread(EngineThread::AtEnd::Drain);
    gate.post(thread);
    thread.post("run", [&](const CancelToken&) { done += "old "; });
    thread.post("other", [&](const CancelToken&) { done += "other "; });
    thread.post("run", [&](const CancelToken&) { done += "new "; });
    gate.open.set_value();
  }
  EXPECT_EQ(done, "other new ");
}

TEST(EngineThread, NewerRequestAsksTheRunningOneToStop) {
  std::promise<void> entered;
  bool stopped = false;
  EngineThread thread(EngineThread::AtEnd::Drain);
  thread.post("run", [&](const CancelToken& token) {
    entered.set_value();
    while (!token.cancelled()) std::this_thread::yield();
    stopped = true;
  });
  entered.get_future().wait();
  std::promise<bool> seen;
  thread.post("run", [&](const CancelToken& token) { seen.set_value(stopped && !token.cancelled()); });
  EXPECT_TRUE(seen.get_future().get());
}

TEST(EngineThread, CancelledJobsStillReportAndOtherTagsGoOn) {
  std::string done;
  {
    Gate gate;
    EngineThread thread(EngineThread::AtEnd::Drain);
    gate.post(thread);
    thread.post("a", [&](const CancelToken& token) { done += token.cancelled() ? "a stopped, " : "a, "; });
    thread.post("b", [&](const CancelToken& token) { done += token.cancelled() ? "b stopped" : "b"; });
    thread.cancel("a");
    gate.open.set_value();
  }
  EXPECT_EQ(done, "a stopped, b");
}

TEST(EngineThread, EndingAComputingThreadCancelsAndJoins) {
  std::promise<void> entered;
  bool waitingRan = false;
  {
    EngineThread thread(EngineThread::AtEnd::Drop);
    thread.post("run", [&](const CancelToken& token) {
      entered.set_value();
      while (!token.cancelled()) std::this_thread::yield();
    });
    entered.get_future().wait();
    thread.post("later", [&](const CancelToken&) { waitingRan = true; });
  }
  EXPECT_FALSE(waitingRan);
}

}  // namespace
