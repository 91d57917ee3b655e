// A run as one HTML file that needs nothing else: it steps through the tokens by key and mouse and shows, at each
// layer, what the router preferred, what it chose, what capacity took away, how loaded the experts are and what is
// predicted.
//
// The page may come from a stranger's model and prompt. Its policy forbids the network and every script but its own,
// which is named by its hash. The run stands in it as JSON in pure ASCII without <, > and &; token texts are made
// visible first (control characters, direction marks and separators are shown, not obeyed), and the script puts them
// into text nodes only.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/trace/trace.h"

namespace app {

struct PageOptions {
  std::function<std::string(int32_t)> tokenText;  // of any id of the vocabulary; unset: "#17"
};

// Numbers in the page, at most: a browser has to hold them.
constexpr int64_t kMostPageNumbers = int64_t{4} << 20;

// Errors: an empty run, more numbers than that.
core::Result<std::string> makePage(const core::Trace& trace, const PageOptions& options = {});
core::Status writePage(const core::Trace& trace, const std::filesystem::path& path, const PageOptions& options = {});

// The run as it stands in the page.
std::string pageData(const core::Trace& trace, const PageOptions& options = {});

}  // namespace app
