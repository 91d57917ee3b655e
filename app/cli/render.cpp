// `expertscope render RUN --instrument NAME --out FILE`: one instrument of a run as a picture.
#include <algorithm>
#include <optional>

#include "app/cli/command.h"
#include "app/cli/console.h"
#include "app/cli/painter.h"
#include "app/cli/run_ref.h"
#include "app/cli/run_tokens.h"
#include "app/cli/trace_table.h"
#include "app/html/run_facts.h"
#include "core/snapshot/provenance.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

struct RenderOptions {
  RunRefOptions run;
  std::string instrument, out, theme = "dark", with;
  std::optional<int> token, layer, expert;
  int width = 1200, height = 720;
  double scale = 1;
  bool json = false, omitPrompt = false;
};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

std::string checkPicturePath(const std::string& path) {
  const std::string extension = std::filesystem::path(path).extension().string();
  if (extension == ".svg" || extension == ".png") return "";
  return fmt::format("expected a file name that ends in .svg or .png, found {}", path);
}

// What a run is called in the picture: "run 3", "run.npz"; one that is made now has no name yet.
std::string nameOf(const std::string& run) {
  if (run.empty()) return "new run";
  const bool number = run.find_first_not_of("0123456789") == std::string::npos;
  return number ? "run " + run : run == "last" ? "last run" : std::filesystem::path(run).filename().string();
}

// The cursor: the prompt's last token at the first layer with experts, and the expert it chose first there. What is
// wrong with the place that was asked for, in words; empty: nothing.
std::string placeCursor(const RenderOptions& options, PictureOrder& order) {
  const core::Trace& trace = order.run.trace;
  order.token = options.token.value_or(std::clamp(trace.promptTokens() - 1, 0, trace.length() - 1));
  if (std::string problem = placeProblem("--token", order.token, trace.length()); !problem.empty()) return problem;
  order.layer = options.layer.value_or(std::max(0, firstExpertLayer(trace.config())));
  if (std::string problem = placeProblem("--layer", order.layer, trace.config().layers); !problem.empty())
    return problem;
  const auto chosen = trace.ints(core::Hook::RouterIds, order.layer, order.token);
  if (!options.expert && (chosen.empty() || trace.config().router.experts == 0)) return {};
  order.expert = options.expert.value_or(chosen.empty() ? 0 : std::max(0, chosen[0]));
  return placeProblem("--expert", order.expert, trace.config().router.experts);
}

Outcome runRender(const CLI::App& command, const RenderOptions& options, const Painter& painter) {
  const auto& known = painter.instruments;
  if (std::find(known.begin(), known.end(), options.instrument) == known.end()) {
    return wrongUsage(
        command, fmt::format("--instrument {}: expected one of {}", visibleText(options.instrument), joined(known)));
  }
  if ((options.instrument == kCompareInstrument) == options.with.empty()) {
    return wrongUsage(command, "--instrument compare and --with RUN go together");
  }
  if (const std::string problem = runRefProblem(options.run); !problem.empty()) return wrongUsage(command, problem);
  TRY_ASSIGN(const ReferredRun run, openRun(options.run));
  PictureOrder order;
  order.instrument = options.instrument;
  order.run = {run.trace, nameOf(options.run.run), tokenTextOf(run.trace)};
  if (run.trace.empty() || run.trace.length() == 0) return core::fail("the run holds no token yet");
  if (const std::string problem = placeCursor(options, order); !problem.empty()) return wrongUsage(command, problem);
  core::SnapshotOptions recorded;
  recorded.withPrompt = !options.omitPrompt;
  const nlohmann::json record = core::provenance(run.trace, recorded);
  nlohmann::json inFile = record;
  if (!options.with.empty()) {
    TRY_ASSIGN(const ReferredRun other, openNamedRun(options.with, options.run.store));
    order.with = {other.trace, nameOf(options.with), tokenTextOf(other.trace)};
    inFile["with"] = core::provenance(other.trace, recorded);
  }
  order.width = options.width;
  order.height = options.height;
  order.scale = options.scale;
  order.dark = options.theme == "dark";
  order.title = options.omitPrompt ? run.trace.info().modelName : runTitle(run.trace);
  order.record = core::jsonText(inFile);
  order.provenance = fmt::format("token {}, layer {} \u00B7 {}", order.token, order.layer, provenanceLine(run.trace));
  order.out = options.out;
  TRY_STATUS(painter.paint(order));
  if (options.json) {
    nlohmann::json document = startDocument("render");
    document["out"] = options.out;
    document["instrument"] = options.instrument;
    document["run"] = record;
    document["cursor"] = {{"token", order.token}, {"layer", order.layer}, {"expert", order.expert}};
    document["size"] = {{"width", order.width}, {"height", order.height}, {"scale", order.scale}};
    TRY_STATUS(print(core::jsonText(document) + "\n"));
  } else {
    say(fmt::format("wrote {}", options.out));
  }
  return run.cancelled ? kFailed : kDone;
}

}  // namespace

void addRender(CLI::App& root, Action& action, const Painter& painter) {
  auto* command = root.add_subcommand("render", "Draw one instrument of a run into a picture: .svg or .png");
  auto options = std::make_shared<RenderOptions>();
  addRunRef(*command, options->run);
  command->add_option("--instrument", options->instrument, "which: " + joined(painter.instruments))->required();
  command->add_option("--out", options->out, "the picture; its extension names the format")
      ->required()
      ->check(CLI::Validator(checkPicturePath, ""));
  command->add_option("--token", options->token, "the token it is about; the prompt's last if not given");
  command->add_option("--layer", options->layer, "the layer; the first with experts if not given");
  command->add_option("--expert", options->expert, "the expert; the token's first choice if not given");
  command->add_option("--with", options->with, "the run to compare with: a number, last, or a snapshot file");
  command->add_flag("--omit-prompt", options->omitPrompt,
                    "leave the prompt out of the title and of what the file records; what an instrument draws stays");
  command->add_option("--width", options->width, "in pixels at scale 1")
      ->capture_default_str()
      ->check(CLI::Range(200, 8000));
  command->add_option("--height", options->height, "in pixels at scale 1")
      ->capture_default_str()
      ->check(CLI::Range(120, 8000));
  command->add_option("--scale", options->scale, "pixels of a .png for each of these, 1 to 3")
      ->capture_default_str()
      ->check(CLI::Range(1.0, 3.0));
  command->add_option("--theme", options->theme, "dark or light")
      ->capture_default_str()
      ->check(CLI::IsMember({"dark", "light"}));
  command->add_flag("--json", options->json, "print what was drawn as a JSON document");
  command->callback([=, &action] { action = [=] { return runRender(*command, *options, painter); }; });
}

}  // namespace app
