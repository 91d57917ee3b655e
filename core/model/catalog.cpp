#include "core/model/catalog.h"

#include <algorithm>
#include <cstdlib>

namespace core {
namespace {

namespace fs = std::filesystem;

fs::path fromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value ? fs::path(value) : fs::path();
}

// A .gguf file, of several the first.
bool isFirstGguf(const fs::path& path) {
  std::error_code ignored;
  if (path.extension() != ".gguf" || !fs::is_regular_file(path, ignored)) return false;
  const std::string stem = path.stem().string();
  const size_t of = stem.rfind("-of-");
  return of == stem.npos || of < 6 || stem.compare(of - 6, 6, "-00001") == 0;
}

void addModels(const fs::path& folder, bool bundled, std::vector<CatalogEntry>& catalog) {
  std::error_code error;
  std::vector<CatalogEntry> found;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const std::string name = entry->path().filename().string();
    const bool known =
        std::any_of(catalog.begin(), catalog.end(), [&](const CatalogEntry& e) { return e.name == name; });
    if (!known && (fs::is_regular_file(entry->path() / "config.json", ignored) || isFirstGguf(entry->path()))) {
      found.push_back({name, entry->path(), bundled});
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  catalog.insert(catalog.end(), found.begin(), found.end());
}

}  // namespace

fs::path assetFolder() {
  if (fs::path said = fromEnvironment("EXPERTSCOPE_ASSETS"); !said.empty()) return said;
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (!error) {
    fs::path installed = program.parent_path().parent_path() / "share" / "expertscope";
    if (fs::is_directory(installed, error)) return installed;
  }
  return EXPERTSCOPE_ASSET_DIR;
}

fs::path userModelFolder() {
  fs::path data = fromEnvironment("XDG_DATA_HOME");
  if (data.empty() || data.is_relative()) {  // the specification ignores relative ones
    const fs::path home = fromEnvironment("HOME");
    if (home.empty()) return {};
    data = home / ".local" / "share";
  }
  return data / "expertscope" / "models";
}

std::vector<CatalogEntry> modelCatalog() {
  std::vector<CatalogEntry> catalog;
  addModels(assetFolder() / "models", true, catalog);
  if (const fs::path own = userModelFolder(); !own.empty()) addModels(own, false, catalog);
  return catalog;
}

Result<fs::path> resolveModel(const std::string& nameOrPath) {
  const std::vector<CatalogEntry> catalog = modelCatalog();
  std::string names;
  for (const CatalogEntry& entry : catalog) {
    if (entry.name == nameOrPath) return entry.path;
    names += (names.empty() ? "" : ", ") + entry.name;
  }
  std::error_code ignored;
  const bool usable = !nameOrPath.empty() && nameOrPath.find('\0') == std::string::npos;
  if (usable && fs::exists(nameOrPath, ignored)) return fs::path(nameOrPath);
  return fail("model \"{}\": no such folder or file, and no model of this name; there are: {}",
              nameOrPath.substr(0, 200), names.empty() ? "none" : names);
}

}  // namespace core
