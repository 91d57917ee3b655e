// Writing a run, or a part of it, into a file: every format the program has. Nothing here waits for anybody: it is
// called where the disk is used.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/trace/slice.h"

namespace app {

struct ExportFormat {
  const char* extension;  // ".html"
  const char* what;       // "Page that steps through the tokens in a browser"
  bool withoutPrompt;     // can leave the prompt's text out
};
const std::vector<ExportFormat>& exportFormats();

struct ExportOrder {
  core::Trace trace;
  core::TraceRange range;
  bool withPrompt = true;
  bool interrupted = false;  // the run did not come to its end
  std::function<std::string(int32_t)> tokenText;
  std::filesystem::path out;  // its extension names the format
};

// Errors: an unknown extension, a range outside the run, what the disk says.
core::Status exportRun(const ExportOrder& order);

}  // namespace app
