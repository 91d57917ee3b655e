// This test program once more, in a process of its own: under another platform, another scale, or with system calls
// forbidden.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace test {

struct ChildEnd {
  int exitCode = -1;  // -1: it did not exit by itself
  int signal = 0;     // that ended it
  std::string output;
};

// Runs the tests that `filter` names in a child. `prepare` is called in the child before the program is started; it
// may only make system calls. A child that takes more than a minute is ended.
ChildEnd runTests(const std::string& filter, const std::map<std::string, std::string>& environment,
                  const std::function<void()>& prepare = {});

// Any program, its arguments first to last.
ChildEnd runProgram(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
                    const std::function<void()>& prepare = {});

}  // namespace test
