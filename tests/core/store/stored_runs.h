// Stores with made-up runs in them.
#pragma once

#include "core/store/session_store.h"
#include "tests/core/store/made_runs.h"

namespace test {

inline std::unique_ptr<core::SessionStore> opened(const std::filesystem::path& path,
                                                  const core::StoreOptions& options = {}) {
  auto store = core::SessionStore::open(path, options);
  EXPECT_TRUE(store) << store.error().message;
  return store ? std::move(*store) : nullptr;
}

// A finished run of `tokens` tokens, the last one only sampled.
inline core::RunId storedRun(core::SessionStore& store, uint64_t seed, int prompt, int tokens,
                             const std::string& text = "made up", bool full = false) {
  const core::Trace trace = grown(core::Trace(madeInfo(prompt, text)), seed, prompt, 0);
  core::WriteOptions options;
  options.storeFull = full;
  auto writer = store.beginRun(trace.info(), trace.ids(), trace.texts(), options);
  EXPECT_TRUE(writer) << writer.error().message;
  const core::Status done = (*writer)->finish(grown(trace, seed, tokens, tokens - 1));
  EXPECT_TRUE(done) << done.error().message;
  return (*writer)->id();
}

inline std::vector<core::RunId> idsOf(core::SessionStore& store, const core::RunFilter& filter = {},
                                      const core::ListOptions& options = {}) {
  std::vector<core::RunId> ids;
  const auto rows = store.list(filter, options);
  EXPECT_TRUE(rows) << rows.error().message;
  for (const core::RunRow& row : *rows) ids.push_back(row.id);
  return ids;
}

}  // namespace test
