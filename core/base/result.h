// Errors that a user can cause travel as values: Result<T> holds a T or an Error whose message says what was expected,
// what was found and what to do next. Bugs are for CHECK (check.h), never for Result.
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace core {

struct Error {
  std::string message;     // file or tensor first, then expected, found, next step
  bool cancelled = false;  // the user stopped it: nothing to report
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

template <class... Args>
[[nodiscard]] tl::unexpected<Error> fail(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Error>(Error{fmt::format(format, std::forward<Args>(args)...), false});
}

// The same error with the place it happened in put in front: `model.safetensors: header is cut short`.
[[nodiscard]] inline tl::unexpected<Error> failAt(std::string_view place, const Error& error) {
  return tl::unexpected<Error>(Error{fmt::format("{}: {}", place, error.message), error.cancelled});
}

[[nodiscard]] inline tl::unexpected<Error> cancelled() { return tl::unexpected<Error>(Error{"cancelled", true}); }

}  // namespace core

#define CORE_CONCAT_INNER(a, b) a##b
#define CORE_CONCAT(a, b) CORE_CONCAT_INNER(a, b)

// TRY_ASSIGN(auto x, f()): x is f()'s value, or the calling function returns f()'s error.
#define TRY_ASSIGN(declaration, expression) TRY_ASSIGN_IMPL(CORE_CONCAT(result_, __LINE__), declaration, expression)
#define TRY_ASSIGN_IMPL(temporary, declaration, expression)                       \
  auto temporary = (expression);                                                  \
  if (!temporary) return tl::unexpected<core::Error>(std::move(temporary.error())); \
  declaration = std::move(*temporary)

// TRY_STATUS(f()): goes on if f() is fine, or the calling function returns f()'s error.
#define TRY_STATUS(expression)                                                                    \
  do {                                                                                            \
    if (auto status_ = (expression); !status_) return tl::unexpected<core::Error>(status_.error()); \
  } while (false)
