#include "app/export_job.h"

#include "app/html/page.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/write_database.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

// What a reader of a part has to know: where it lies in its run, and the rule its slots come from.
nlohmann::json rangeFacts(const core::Trace& whole, const core::TraceRange& range) {
  nlohmann::json facts = {{"first_token", range.firstToken}, {"last_token", range.lastToken},
                          {"first_layer", range.firstLayer}, {"last_layer", range.lastLayer},
                          {"run_tokens", whole.length()},    {"run_layers", whole.config().layers}};
  const core::CapacityOptions& capacity = whole.info().capacity;
  if (capacity.active) {
    facts["run_capacity"] = {{"rule", core::capacityRuleName(capacity.rule)},
                             {"factor", capacity.factor},
                             {"kind", capacity.simulated ? "simulated" : "exact"}};
  }
  return facts;
}

}  // namespace

const std::vector<ExportFormat>& exportFormats() {
  static const std::vector<ExportFormat> formats = {
      {".html", "Page that steps through the tokens in a browser", false},
      {".json", "JSON, all numbers as text", true},
      {".csv", "CSV, a row for each choice", true},
      {".npz", "NPZ, arrays for NumPy", true},
      {".safetensors", "safetensors, arrays for PyTorch", true},
      {".db", "SQLite, this run as a database of its own", false},
  };
  return formats;
}

core::Status exportRun(const ExportOrder& order) {
  TRY_ASSIGN(const core::Trace part, core::sliceTrace(order.trace, order.range));
  const std::string extension = order.out.extension().string();
  if (extension == ".html") return writePage(part, order.out, {order.tokenText});
  if (core::isDatabasePath(order.out)) return core::writeDatabase(part, order.out, order.interrupted);
  core::SnapshotOptions options;
  options.withPrompt = order.withPrompt;
  options.firstToken = order.range.firstToken;
  if (!order.range.isWhole(order.trace)) options.extra["range"] = rangeFacts(order.trace, order.range);
  return core::writeSnapshot(part, order.out, options);
}

}  // namespace app
