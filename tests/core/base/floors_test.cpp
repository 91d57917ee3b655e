// The floors of the house: core knows nothing above it, gpu and ui know core alone, and neither a toolkit nor a painter
// is known where it has no business.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// "file: #include ..." for every include of the folder whose name begins with one of the words.
std::string includesOf(const fs::path& folder, const std::vector<std::string>& forbidden, int& files) {
  std::string found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (!entry.is_regular_file() || (extension != ".h" && extension != ".cpp")) continue;
    ++files;
    std::istringstream lines(test::readFile(entry.path()));
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("#include")) continue;
      const size_t name = line.find_first_of("<\"") + 1;
      for (const std::string& word : forbidden) {
        if (line.compare(name, word.size(), word) == 0) found += entry.path().string() + ": " + line + "\n";
      }
    }
  }
  return found;
}

std::string floorOf(const char* folder, const std::vector<std::string>& forbidden) {
  int files = 0;
  std::string found = includesOf(test::asset("..") / folder, forbidden, files);
  EXPECT_GT(files, 5) << "the sources of " << folder << " are not where they are looked for";
  return found;
}

TEST(Floors, NobodyKnowsWhatStandsAbove) {
  EXPECT_EQ(floorOf("core", {"app/", "ui/", "gpu/", "Q", "imgui", "vulkan"}), "");
  EXPECT_EQ(floorOf("gpu", {"app/", "ui/", "Q", "imgui"}), "");
  EXPECT_EQ(floorOf("ui", {"app/", "gpu/", "Q", "vulkan"}), "");
}

TEST(Floors, TheLookFindsWhatIsForbidden) {
  const test::ScratchFolder folder;
  std::ofstream(folder.path() / "one.h") << "#include <QWidget>\n#include \"core/model/config.h\"\n";
  int files = 0;
  EXPECT_EQ(includesOf(folder.path(), {"Q"}, files), (folder.path() / "one.h").string() + ": #include <QWidget>\n");
  EXPECT_EQ(files, 1);
}

}  // namespace
