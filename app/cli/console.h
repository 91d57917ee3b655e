// The program's two streams. Only the command line writes to them.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace app {

// Results. Errors: stdout is gone or its disk is full.
core::Status print(std::string_view text);
core::Status flushOutput();

// Where stdout is a pipe, asks the system for one that holds a document of usual size, so that whoever reads it need not
// keep up with each piece of it.
void widenOutput();

// Everything else, a line on stderr: "expertscope: ...".
void say(std::string_view text);

// Styles of the terminal behind stdout; empty strings where it has none, stdout is no terminal or NO_COLOR is set.
struct Styles {
  std::string bold, faint, struck, accent, reset;
};
Styles outputStyles();
int outputColumns();  // width of the terminal, 0 where stdout is none

// Text of a token or a user for a terminal: control characters and line ends as visible escapes.
std::string visibleText(std::string_view text);
int columnsOf(std::string_view utf8);               // terminal columns it takes
std::string padded(std::string text, int columns);  // with spaces behind, cut with an ellipsis where it is longer
std::string paddedLeft(const std::string& text, int columns);  // with spaces in front

// While one of these lives, Ctrl-C asks the work to stop; a second Ctrl-C ends the program.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;
  static bool interrupted();
};

// A line on stderr that says how far a long work is: silent for the first second.
class ProgressLine {
 public:
  explicit ProgressLine(std::string what);
  ~ProgressLine();
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;
  void update(double share, const std::string& detail);

 private:
  using Clock = std::chrono::steady_clock;
  std::string m_what;
  Clock::time_point m_start, m_last;
  bool m_terminal = false, m_shown = false;
};

}  // namespace app
