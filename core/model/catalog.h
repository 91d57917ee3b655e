// The models that can be called by name: those the program brings along and those the user put into
// $XDG_DATA_HOME/expertscope/models (~/.local/share where that is not set), a folder or a .gguf file each.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/base/result.h"

namespace core {

struct CatalogEntry {
  std::string name;  // the folder's or the file's
  std::filesystem::path path;
  bool bundled = false;
};

// What the program brings along: $EXPERTSCOPE_ASSETS if it is set, else ../share/expertscope beside the executable's
// folder if it is there (installed), else the source tree's assets. The folder need not exist.
std::filesystem::path assetFolder();
std::filesystem::path userModelFolder();  // empty if neither XDG_DATA_HOME nor HOME is set

// Folders with a config.json and .gguf files (of several the first), bundled ones first, each kind sorted by name. A user's model with the name of a bundled
// one is left out: it opens by its path.
std::vector<CatalogEntry> modelCatalog();

// The place of a catalog name, else the path itself if it is there. Error: neither, with the names there are.
Result<std::filesystem::path> resolveModel(const std::string& nameOrPath);

}  // namespace core
