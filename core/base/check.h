// CHECK(condition, "format", ...) stops the program on a broken invariant of ours. Input never reaches a CHECK: what a
// user can cause returns a Result.
#pragma once

#include <fmt/format.h>

#include <string>

namespace core {
[[noreturn]] void checkFailed(const char* file, int line, const char* condition, const std::string& message);
}

#define CHECK(condition, ...)                                                             \
  do {                                                                                    \
    if (!(condition)) core::checkFailed(__FILE__, __LINE__, #condition, fmt::format(__VA_ARGS__)); \
  } while (false)
