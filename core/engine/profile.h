// Where the time of a run went. An engine that is given a Profile adds to it how long each kind of operation took: the
// CPU engine by the clock of the calling thread, which waits for all others; the GPU engine by timestamps that the
// device writes between its kernels. Without one nothing is measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace core {

struct Profile {
  struct Row {
    std::string op;
    double seconds = 0;
    int64_t calls = 0;
  };
  std::vector<Row> rows;  // in the order in which they first took time
  double seconds = 0;     // of the whole run, what no row accounts for included

  void add(std::string_view op, double seconds, int64_t calls = 1);
  void add(const Profile& other);
  double accounted() const;         // sum of the rows
  // 0 to 1, of what was measured: where clocks of two devices disagree, the rows may come to more than the whole.
  double shareOf(const Row& row) const;
  std::vector<Row> bySize() const;  // most time first, the rest of `seconds` as "other"
};

// Cuts the time since it was made, or since the last cut, off for an operation. Does nothing without a profile.
class Stopwatch {
 public:
  explicit Stopwatch(Profile* profile = nullptr) : m_profile(profile) {
    if (m_profile) m_last = Clock::now();
  }
  void lap(std::string_view op) {
    if (!m_profile) return;
    const Clock::time_point now = Clock::now();
    m_profile->add(op, std::chrono::duration<double>(now - m_last).count());
    m_last = now;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Profile* m_profile;
  Clock::time_point m_last;
};

}  // namespace core
