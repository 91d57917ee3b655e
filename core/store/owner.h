// Who is writing a run. A process id alone is not enough: ids are used again, containers count their own, and a home
// folder may lie on another machine. Together with the process's start time, the machine's boot id and the process id
// namespace it is; where those differ from ours, the heartbeat decides.
#pragma once

#include <cstdint>
#include <string>

namespace core {

struct Owner {
  int64_t pid = 0;
  int64_t started = 0;  // clock ticks after boot, /proc/PID/stat field 22
  std::string machine;  // boot id and process id namespace
};

// A foreign machine's run without a heartbeat for this many seconds counts as abandoned.
constexpr int64_t kHeartbeatSeconds = 600;

Owner thisProcess();
bool isAlive(const Owner& owner, int64_t heartbeat, int64_t now);  // both in seconds since 1970

}  // namespace core
