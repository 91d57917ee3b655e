// What the command line needs to draw a picture. The one that draws knows the toolkit and is handed in by main(): the
// command line itself links no Qt.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/trace/trace.h"

namespace app {

struct PicturedRun {
  core::Trace trace;
  std::string name;                               // what the user calls it: "run 3"
  std::function<std::string(int32_t)> tokenText;  // of any id of the vocabulary; unset: "#17"
};

// One instrument as a file. Sizes are in logical pixels, title and provenance line included.
struct PictureOrder {
  std::string instrument;  // one of Painter::instruments
  PicturedRun run;
  PicturedRun with;                      // for the comparison alone
  int token = 0, layer = 0, expert = 0;  // the cursor, inside of the run
  int width = 1200, height = 720;
  double scale = 1;  // device pixels of a PNG for each logical one, 1 to 3
  bool dark = true;
  std::string title, provenance;
  std::string record;         // core::provenance of the run as JSON text
  std::filesystem::path out;  // .svg or .png
};

inline constexpr const char* kCompareInstrument = "compare";  // the one that needs two runs

struct Painter {
  std::vector<std::string> instruments;  // that can be drawn
  // Errors: a picture of too many pixels, what the disk says.
  std::function<core::Status(const PictureOrder&)> paint;
};

}  // namespace app
