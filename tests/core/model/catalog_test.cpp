#include "core/model/catalog.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <optional>

#include "tests/support/support.h"

namespace {

namespace fs = std::filesystem;

// Sets an environment variable for the length of a test.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : m_name(name) {
    if (const char* before = std::getenv(name)) m_before = before;
    setenv(name, value.c_str(), 1);
  }
  ~Variable() { m_before ? setenv(m_name, m_before->c_str(), 1) : unsetenv(m_name); }

 private:
  const char* m_name;
  std::optional<std::string> m_before;
};

std::string listed() {
  std::string text;
  for (const core::CatalogEntry& entry : core::modelCatalog()) {
    text += (text.empty() ? "" : " ") + entry.name + (entry.bundled ? " (bundled)" : " (own)");
  }
  return text;
}

TEST(Catalog, BundledModelsComeFirstAndOwnOnesFollow) {
  const test::ScratchFolder data;
  const Variable xdg("XDG_DATA_HOME", data.path());
  const Variable assets("EXPERTSCOPE_ASSETS", test::asset(""));
  for (const char* name : {"zebra", "ant", "seed-7m", "no-config"}) {
    const fs::path folder = data.path() / "expertscope" / "models" / name;
    fs::create_directories(folder);
    if (std::string(name) != "no-config") std::ofstream(folder / "config.json") << "{}";
  }
  for (const char* name : {"bear.gguf", "cat-00001-of-00002.gguf", "cat-00002-of-00002.gguf"}) {
    std::ofstream(data.path() / "expertscope" / "models" / name) << "GGUF";
  }
  EXPECT_EQ(listed(), "seed-7m (bundled) ant (own) bear.gguf (own) cat-00001-of-00002.gguf (own) zebra (own)");
  EXPECT_EQ(core::resolveModel("ant").value(), data.path() / "expertscope" / "models" / "ant");
  EXPECT_EQ(core::resolveModel(data.path().string()).value(), data.path());
  EXPECT_EQ(core::resolveModel("bee").error().message,
            "model \"bee\": no such folder or file, and no model of this name; there are: seed-7m, ant, bear.gguf, "
            "cat-00001-of-00002.gguf, zebra");
  EXPECT_FALSE(core::resolveModel("").has_value());
}

TEST(Catalog, WithoutAnythingSetTheSourceTreesModelsAreFound) {
  const test::ScratchFolder data;
  const Variable xdg("XDG_DATA_HOME", data.path());
  unsetenv("EXPERTSCOPE_ASSETS");
  EXPECT_EQ(listed(), "seed-7m (bundled)");
}

}  // namespace
