// The built program, run as a user runs it: arguments and standard input in, exit status and both streams out.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

struct Ran {
  int status = -1;  // 128 + the signal if one ended it
  std::string out, err;
  nlohmann::json json() const { return nlohmann::json::parse(out, nullptr, false); }
};

struct RunSettings {
  std::string input = {};       // standard input
  std::string outputFile = {};  // stdout goes there instead
};

Ran run(const std::vector<std::string>& arguments, const RunSettings& settings = {});

}  // namespace test
