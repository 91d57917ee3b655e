// `expertscope convert IN OUT --to safetensors|gguf --type f16|f32|q8_0`: a model in another format.
#include "core/convert/convert.h"

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "core/model/catalog.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

struct ConvertOptions {
  std::string in, out, to, type = "f16";
  bool force = false, json = false;
};

core::ConvertType typeNamed(const std::string& name) {
  return name == "f32" ? core::ConvertType::F32 : name == "f16" ? core::ConvertType::F16 : core::ConvertType::Q8_0;
}

Outcome runConvert(const CLI::App& command, const ConvertOptions& options) {
  if (options.to == "safetensors" && options.type == "q8_0") {
    return wrongUsage(command, "--type q8_0 goes with --to gguf; safetensors are written as f16 or f32");
  }
  core::ConvertRequest request;
  TRY_ASSIGN(request.in, core::resolveModel(options.in));
  request.out = options.out;
  request.toGguf = options.to == "gguf";
  request.type = typeNamed(options.type);
  request.force = options.force;
  const InterruptGuard interrupt;
  ProgressLine progress("converting");
  request.progress = [&](double share) {
    progress.update(share, "");
    return !InterruptGuard::interrupted();
  };
  auto report = core::convertModel(request);
  if (!report && report.error().cancelled) return core::fail("convert: stopped; nothing was left behind");
  if (!report) return tl::unexpected<core::Error>(report.error());
  for (const std::string& note : report->notes) say(note);
  if (!options.json) {
    say(fmt::format("wrote {}: {} tensors, {} bytes, read back and found the same", options.out, report->tensors,
                    report->bytes));
    return kDone;
  }
  nlohmann::json document = startDocument("convert");
  document["in"] = request.in.string();
  document["out"] = options.out;
  document["to"] = options.to;
  document["type"] = options.type;
  document["architecture"] = report->architecture.empty() ? nlohmann::json() : nlohmann::json(report->architecture);
  document["tensors"] = report->tensors;
  document["bytes"] = report->bytes;
  document["notes"] = report->notes;
  TRY_STATUS(print(core::jsonText(document) + "\n"));
  return kDone;
}

}  // namespace

void addConvert(CLI::App& root, Action& action) {
  auto* command = root.add_subcommand("convert", "Write a model in another format, and check it by reading it back");
  auto options = std::make_shared<ConvertOptions>();
  command->add_option("in", options->in, "a model: a name, a folder, a .gguf or the first of several")->required();
  command->add_option("out", options->out, "the new folder, or the new .gguf file")->required();
  command->add_option("--to", options->to, "safetensors or gguf")
      ->required()
      ->check(CLI::IsMember({"safetensors", "gguf"}));
  command->add_option("--type", options->type, "f16, f32 or, for gguf, q8_0; router and norms stay f32")
      ->capture_default_str()
      ->check(CLI::IsMember({"f16", "f32", "q8_0"}));
  command->add_flag("--force", options->force, "replace a model that is there already");
  command->add_flag("--json", options->json, "print one JSON document");
  command->callback([=, &action] { action = [=] { return runConvert(*command, *options); }; });
}

}  // namespace app
