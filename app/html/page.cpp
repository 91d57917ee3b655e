#include "app/html/page.h"

#include <algorithm>
#include <array>

#include "app/html/page_parts.h"
#include "app/html/run_facts.h"
#include "core/snapshot/atomic_file.h"
#include "ui/scene/paint_svg.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

int digitOf(char hex) { return hex <= '9' ? hex - '0' : hex - 'a' + 10; }

// A hash as a policy names it.
std::string base64OfHex(std::string_view hex) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t at = 0; at < hex.size(); at += 6) {  // three bytes are four letters
    const size_t digits = std::min<size_t>(6, hex.size() - at);
    uint32_t bits = 0;
    for (size_t i = 0; i < 6; ++i) bits = bits << 4 | static_cast<uint32_t>(i < digits ? digitOf(hex[at + i]) : 0);
    const size_t letters = digits / 2 + 1;
    for (size_t i = 0; i < 4; ++i) out += i < letters ? kLetters[bits >> (18 - 6 * i) & 63] : '=';
  }
  return out;
}

std::string policy() {
  return fmt::format(
      "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
      base64OfHex(kPageScriptSha256), base64OfHex(kPageStyleSha256));
}

std::string escaped(std::string_view text) { return ui::escapeXml(ui::quotedToken(text)); }

std::string factList(const core::Trace& trace) {
  std::string out;
  for (const auto& [name, value] : runFacts(trace)) {
    out += fmt::format("<dt>{}</dt><dd>{}</dd>", escaped(name), escaped(value));
  }
  return out;
}

using Parts = std::array<std::pair<std::string_view, std::string>, 6>;

// Each {{name}} of the template once; what is put in is not looked at again.
std::string filled(std::string_view page, const Parts& parts) {
  std::string out;
  while (true) {
    const size_t open = page.find("{{");
    const size_t close = open == std::string_view::npos ? open : page.find("}}", open);
    if (close == std::string_view::npos) return out.append(page);
    out.append(page.substr(0, open));
    const std::string_view name = page.substr(open + 2, close - open - 2);
    for (const auto& [key, value] : parts) {
      if (key == name) out += value;
    }
    page.remove_prefix(close + 2);
  }
}

int64_t numbersOf(const core::Trace& trace) {
  const core::RouterConfig& router = trace.config().router;
  int64_t sum = int64_t{trace.length()} * 24;
  for (const core::LayerConfig& layer : trace.config().layer) {
    if (layer.moe) sum += int64_t{trace.length()} * (2 * int64_t{router.experts} + 3 * int64_t{router.chosen});
  }
  return sum;
}

}  // namespace

core::Result<std::string> makePage(const core::Trace& trace, const PageOptions& options) {
  if (trace.empty() || trace.length() == 0) return core::fail("the run holds no token yet");
  if (const int64_t numbers = numbersOf(trace); numbers > kMostPageNumbers) {
    return core::fail(
        "a page of this run of {} tokens would hold {} numbers, more than the {} that a browser is asked to hold; "
        "export it as .safetensors or .npz, or run a shorter prompt",
        trace.length(), numbers, kMostPageNumbers);
  }
  return filled(kPageHtml, {{{"policy", ui::escapeXml(policy())},
                             {"title", escaped(runTitle(trace))},
                             {"style", std::string(kPageStyle)},
                             {"facts", factList(trace)},
                             {"data", pageData(trace, options)},
                             {"script", std::string(kPageScript)}}});
}

core::Status writePage(const core::Trace& trace, const std::filesystem::path& path, const PageOptions& options) {
  auto page = makePage(trace, options);
  if (!page) return core::failAt(path.string(), page.error());
  TRY_ASSIGN(core::AtomicFile file, core::AtomicFile::create(path));
  TRY_STATUS(file.write(*page));
  return file.commit();
}

}  // namespace app
