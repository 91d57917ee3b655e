// The rule behind the family table: an engine and a shader know a config's words, never a family's name.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "core/model/families/family.h"
#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// Small letters, digits, and a space for all else but - and _: "Qwen2-MoE", qwen2_moe and Qwen2Moe are one word.
std::string squeezed(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte)) {
      out += static_cast<char>(std::tolower(byte));
    } else if (c != '-' && c != '_') {
      out += ' ';
    }
  }
  return out;
}

std::set<std::string> familyNames() {
  std::set<std::string> names;
  const auto add = [&](const auto& family) {
    names.insert(squeezed(family.name));
    for (const auto& type : family.modelTypes) names.insert(squeezed(type));
    for (const auto& architecture : family.architectures) names.insert(squeezed(architecture));
  };
  for (const core::Family& family : core::families()) add(family);
  for (const core::KnownFamily& family : core::knownFamilies()) add(family);
  return names;
}

// "file: name" for every name that a source below the folder contains.
std::string namesIn(const fs::path& folder, int& files) {
  const std::set<std::string> names = familyNames();
  std::string found;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    const std::string text = squeezed(test::readFile(entry.path()));
    for (const std::string& name : names) {
      if (text.find(name) != std::string::npos) found += entry.path().filename().string() + ": " + name + "\n";
    }
  }
  return found;
}

TEST(FamilyNames, StandInNoEngineAndInNoShader) {
  const fs::path root = test::asset("").parent_path().parent_path();
  for (const char* folder : {"core/engine", "core/trace", "gpu"}) {
    int files = 0;
    EXPECT_EQ(namesIn(root / folder, files), "") << folder;
    EXPECT_GT(files, 5) << folder;
  }
}

TEST(FamilyNames, AreFoundWhereTheyStand) {
  int files = 0;
  const fs::path root = test::asset("").parent_path().parent_path();
  const std::string found = namesIn(root / "core/model/families", files);
  for (const core::Family& family : core::families()) {
    EXPECT_NE(found.find(": " + squeezed(family.name) + "\n"), std::string::npos) << family.name;
  }
}

}  // namespace
