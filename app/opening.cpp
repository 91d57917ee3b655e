#include "app/opening.h"

#include "core/snapshot/snapshot.h"
#include "core/snapshot/write_database.h"
#include "core/store/session_store.h"

namespace app {
namespace {

namespace fs = std::filesystem;

core::Result<RecordedRun> newestRunOf(const fs::path& path) {
  core::StoreOptions options;
  options.foreign = true;
  TRY_ASSIGN(const auto store, core::SessionStore::open(path, options));
  TRY_ASSIGN(const std::optional<core::RunId> last, store->last());
  if (!last) return core::fail("{}: this database holds no run", path.string());
  RecordedRun run;
  TRY_ASSIGN(run.trace, store->loadTrace(*last));
  TRY_ASSIGN(const int64_t runs, store->count());
  if (runs > 1) run.remark = fmt::format("{} holds {} runs; the newest is shown", path.filename().string(), runs);
  return run;
}

}  // namespace

PathToOpen whatIs(const fs::path& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored) || path.extension() == ".gguf") return {true, path};
  const std::string name = path.filename().string();
  const bool ofModel = name.starts_with("model") || name.starts_with("config") || name.starts_with("tokenizer");
  if (ofModel && fs::exists(path.parent_path() / "config.json", ignored)) return {true, path.parent_path()};
  return {false, path};
}

core::Result<RecordedRun> readRecordedRun(const fs::path& path) {
  std::error_code problem;
  if (!fs::is_regular_file(path, problem)) {
    return core::fail("{}: there is no such file (any more); choose it again where it lies now", path.string());
  }
  if (core::isDatabasePath(path)) return newestRunOf(path);
  if (!core::isSnapshotPath(path) || path.extension() == ".csv") {
    return core::fail(
        "{}: expected a model folder, or a recorded run that ends in .json, .npz, .safetensors, .db or .sqlite",
        path.string());
  }
  RecordedRun run;
  TRY_ASSIGN(run.trace, core::readSnapshot(path));
  return run;
}

}  // namespace app
