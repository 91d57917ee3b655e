#include "app/cli/store_options.h"

#include <charconv>

#include "app/cli/console.h"

namespace app {
namespace {

std::filesystem::path pathOf(const StorePlace& place) {
  return place.file.empty() ? core::SessionStore::defaultPath() : std::filesystem::path(place.file);
}

}  // namespace

void addStoreOption(CLI::App& command, StorePlace& place) {
  command.add_option("--store", place.file, "the session database; the user's own if not given");
}

core::Result<std::unique_ptr<core::SessionStore>> openOrCreateStore(const StorePlace& place) {
  auto store = core::SessionStore::open(pathOf(place));
  if (store) {
    for (const std::string& note : (*store)->notes()) say(note);
  }
  return store;
}

core::Result<std::unique_ptr<core::SessionStore>> openStore(const StorePlace& place) {
  const std::filesystem::path path = pathOf(place);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return core::fail("{}: there is no such database; `expertscope trace --store ...` makes one", path.string());
  }
  return openOrCreateStore(place);
}

core::Result<core::RunId> runNamed(core::SessionStore& store, const std::string& name) {
  if (name == "last") {
    TRY_ASSIGN(const std::optional<core::RunId> last, store.last());
    if (!last) return core::fail("{}: holds no run yet", store.path().string());
    return *last;
  }
  core::RunId id = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (error != std::errc() || end != name.data() + name.size() || id <= 0) {
    return core::fail("expected the number of a run (see `expertscope sessions list`) or last, found \"{}\"", name);
  }
  return id;
}

}  // namespace app
