// `expertscope sessions ...`: the runs in the session database. Each subcommand is a few lines over core/store.
#include "app/cli/sessions.h"

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/run_options.h"
#include "app/cli/trace_table.h"
#include "core/snapshot/snapshot.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using Json = nlohmann::json;

struct SessionsOptions {
  const CLI::App* command = nullptr;  // the one that was called
  StorePlace store;
  bool json = false;
  std::string run = "last";
  std::vector<std::string> runs;
  std::string words, sql, out, model, tag;
  bool starred = false, omitPrompt = false;
  int limit = 100;
  std::optional<int> layer;
};
using Options = std::shared_ptr<SessionsOptions>;

Outcome printRuns(const std::vector<core::RunRow>& rows, const SessionsOptions& options) {
  if (options.json) {
    Json document = startDocument("sessions");
    document["runs"] = Json::array();
    for (const core::RunRow& row : rows) document["runs"].push_back(runJson(row));
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    for (const ListedRun& run : asTree(rows)) TRY_STATUS(print(runLine(*run.row, run.depth)));
    if (rows.empty()) say("no run matches");
  }
  return kDone;
}

Outcome list(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  core::RunFilter filter;
  filter.model = options.model;
  filter.tag = options.tag;
  filter.starredOnly = options.starred;
  core::ListOptions order;
  order.limit = options.limit;
  TRY_ASSIGN(const auto rows, store->list(filter, order));
  return printRuns(rows, options);
}

Outcome search(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  TRY_ASSIGN(const auto rows, store->search(options.words, options.limit));
  return printRuns(rows, options);
}

Outcome show(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  TRY_ASSIGN(const core::RunId id, runNamed(*store, options.run));
  TRY_ASSIGN(const core::RunRow row, store->row(id));
  TRY_ASSIGN(const core::Trace trace, store->loadTrace(id));
  if (options.json) {
    core::SnapshotOptions snapshot;
    snapshot.extra = {{"run", id}, {"stored", runJson(row)}};
    TRY_STATUS(core::writeTraceJson(trace, snapshot, print));
    return kDone;
  }
  const int layer = options.layer.value_or(std::max(0, firstExpertLayer(trace.config())));
  if (const std::string problem = placeProblem("--layer", layer, trace.config().layers); !problem.empty())
    return wrongUsage(*options.command, problem);
  TRY_STATUS(print(runLine(row)));
  TRY_STATUS(print(traceTable(trace, nullptr, {layer, outputStyles(), outputColumns()})));
  return kDone;
}

Outcome exportRun(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  TRY_ASSIGN(const core::RunId id, runNamed(*store, options.run));
  TRY_ASSIGN(const core::RunRow row, store->row(id));
  TRY_ASSIGN(const core::Trace trace, store->loadTrace(id));
  core::SnapshotOptions snapshot;
  snapshot.withPrompt = !options.omitPrompt;
  snapshot.extra = {{"run", id}, {"created", row.created}, {"state", stateText(row.state)}};
  TRY_STATUS(core::writeSnapshot(trace, options.out, snapshot));
  if (options.json) {
    Json document = startDocument("sessions");
    document["exported"] = {{"run", id}, {"out", options.out}};
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    say(fmt::format("wrote run {} to {}", id, options.out));
  }
  return kDone;
}

Outcome erase(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  std::vector<core::RunId> ids;
  for (const std::string& name : options.runs) {
    TRY_ASSIGN(const core::RunId id, runNamed(*store, name));
    TRY_ASSIGN(const core::RunRow row, store->row(id));  // all or none: a number that is wrong ends it here
    ids.push_back(row.id);
  }
  TRY_STATUS(store->erase(ids));
  if (options.json) {
    Json document = startDocument("sessions");
    document["deleted"] = ids;
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    say(fmt::format("deleted {} run{}", ids.size(), ids.size() == 1 ? "" : "s"));
  }
  return kDone;
}

Outcome query(const SessionsOptions& options) {
  TRY_ASSIGN(const auto store, openStore(options.store));
  core::QueryLimits limits;
  limits.rows = options.limit;
  TRY_ASSIGN(const core::QueryTable table, store->query(options.sql, limits));
  if (table.cutShort) say(fmt::format("cut short after {} rows; --limit takes more", table.rows.size()));
  if (!options.json) {
    TRY_STATUS(print(tableText(table)));
    return kDone;
  }
  Json document = startDocument("sessions");
  document["columns"] = table.columns;
  document["rows"] = tableRows(table);
  document["cut_short"] = table.cutShort;
  TRY_STATUS(print(core::jsonText(document) + "\n"));
  return kDone;
}

CLI::App* addOne(CLI::App& sessions, const char* name, const char* what, const Options& options, Action& action,
                 Outcome (*work)(const SessionsOptions&)) {
  CLI::App* command = sessions.add_subcommand(name, what);
  addStoreOption(*command, options->store);
  command->add_flag("--json", options->json, "print one JSON document");
  command->callback([=, &action] {
    options->command = command;
    action = [=] { return work(*options); };
  });
  return command;
}

}  // namespace

void addSessions(CLI::App& root, Action& action) {
  auto* sessions = root.add_subcommand("sessions", "List, show, search, export and delete the runs that were kept");
  sessions->require_subcommand(1);
  const auto options = std::make_shared<SessionsOptions>();
  const auto positive = CLI::Range(1, 1 << 24);

  auto* listing = addOne(*sessions, "list", "Newest runs first", options, action, list);
  listing->add_option("--model", options->model, "runs of this model only");
  listing->add_option("--tag", options->tag, "runs with this tag only");
  listing->add_flag("--starred", options->starred, "starred runs only");
  listing->add_option("--limit", options->limit, "at most this many")->capture_default_str()->check(positive);

  auto* showing = addOne(*sessions, "show", "One run as a table, or with --json as a document", options, action, show);
  showing->add_option("run", options->run, "its number, or last")->capture_default_str();
  showing->add_option("--layer", options->layer, "the layer to print");

  auto* searching = addOne(*sessions, "search", "Runs with all these words in prompt, name, note, tags or model",
                           options, action, search);
  searching->add_option("words", options->words, "the words")->required();
  searching->add_option("--limit", options->limit, "at most this many")->capture_default_str()->check(positive);

  auto* exporting = addOne(*sessions, "export", "Write a run to a file", options, action, exportRun);
  exporting->add_option("run", options->run, "its number, or last")->required();
  exporting->add_option("--out", options->out, "the file: .safetensors, .npz, .csv or .json")
      ->required()
      ->check(CLI::Validator(checkSnapshotPath, ""));
  exporting->add_flag("--omit-prompt", options->omitPrompt, "leave the prompt's text and ids out");

  auto* deleting = addOne(*sessions, "delete", "Delete runs for good", options, action, erase);
  deleting->add_option("runs", options->runs, "their numbers, or last")->required();

  auto* querying = addOne(*sessions, "query", "Ask the database with one SELECT", options, action, query);
  querying->add_option("sql", options->sql, "the statement")->required();
  querying->add_option("--limit", options->limit, "at most this many rows")->capture_default_str()->check(positive);
}

}  // namespace app
