// `trace --intervene FILE`: the run, the same tokens with the file's changes at work, and the differences.
#pragma once

#include <memory>
#include <string>

#include "app/cli/run_options.h"
#include "app/cli/store_options.h"
#include "core/engine/intervened_run.h"

namespace app {

struct InterveneOptions {
  std::string out;  // the changed run; the original goes to OUT with .original in front of the extension, the
                    // differences to OUT.differences.json
  bool json = false, omitPrompt = false;
  bool keep = false;  // both runs in the session database
  StorePlace store;
};

// What the file asks for, to be added to a run. Errors: a file that cannot be read or does not fit the model.
core::Result<core::IntervenedRequest> readInterventions(const core::ModelConfig& config, const std::string& file);

Outcome traceIntervened(const core::Model& model, const std::shared_ptr<core::Engine>& engine,
                        const core::IntervenedRequest& request, const InterveneOptions& options);

// What --json has under `differences`.
nlohmann::json differencesDocument(const core::IntervenedRun& run);
std::string differencesTable(const core::IntervenedRun& run, const core::Tokenizer* tokenizer);

}  // namespace app
