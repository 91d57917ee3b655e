#include "core/store/owner.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <sstream>

namespace core {
namespace {

std::string readSmall(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Start time of a process in clock ticks after boot; 0: no such process. The name in field 2 may hold spaces and
// parentheses, so counting starts behind the last one.
int64_t startTime(int64_t pid) {
  const std::string stat = readSmall(fmt::format("/proc/{}/stat", pid));
  const size_t name = stat.rfind(')');
  if (name == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    if (!(fields >> field)) return 0;
    if (i == 3 && (field == "Z" || field == "X")) return 0;  // dead, not yet waited for
  }
  return std::strtoll(field.c_str(), nullptr, 10);
}

std::string machineName() {
  std::string boot = readSmall("/proc/sys/kernel/random/boot_id");
  while (!boot.empty() && boot.back() == '\n') boot.pop_back();
  std::array<char, 64> space{};
  const ssize_t length = readlink("/proc/self/ns/pid", space.data(), space.size());
  return boot + " " + std::string(space.data(), length > 0 ? static_cast<size_t>(length) : 0);
}

}  // namespace

// Not cached: after a fork the child is another process.
Owner thisProcess() { return {getpid(), startTime(getpid()), machineName()}; }

bool isAlive(const Owner& owner, int64_t heartbeat, int64_t now) {
  if (owner.machine == machineName()) return owner.started != 0 && startTime(owner.pid) == owner.started;
  return now - heartbeat < kHeartbeatSeconds;
}

}  // namespace core
