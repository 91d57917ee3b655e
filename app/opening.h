// What a path is that was chosen in a dialog or dropped on the window, and reading a recorded run from it.
#pragma once

#include <filesystem>
#include <string>

#include "core/base/result.h"
#include "core/trace/trace.h"

namespace app {

struct PathToOpen {
  bool isModel = false;        // else a recorded run
  std::filesystem::path path;  // of the model's folder or file, or of the snapshot
};

// A folder, a .gguf file, and a file that belongs to the model folder it lies in (config.json beside it) are models;
// everything else is taken for a snapshot. Nothing is read but names.
PathToOpen whatIs(const std::filesystem::path& path);

struct RecordedRun {
  core::Trace trace;
  std::string remark;  // "holds 3 runs, the newest is shown"; usually empty
};

// A snapshot in any of its forms: .json, .npz, .safetensors, or a session database (.db, .sqlite). Untrusted: a
// database is opened as a foreign one, read-only. Errors name the file and what is wrong with it.
core::Result<RecordedRun> readRecordedRun(const std::filesystem::path& path);

}  // namespace app
