// The run as the page's script reads it:
//
//   {"prompt": 3, "experts": 16, "capacity": "simulated", "tokens": ["The", ...],
//    "layers": [{"layer": 1, "capacity": 4 or null, "tokens": [{"logits": [...] or null, "scores": [...] or null,
//                "ids": [3, 0], "weights": [...] or null, "kept": [1, 0] or null, "margin": 0.1 or null} or null,
//                ...]}],
//    "predictions": [{"entropy": 2.1, "surprisal": 0.4, "top": [["cat", 0.3, 1], ...]} or null, ...]}
//
// Layers without a router are left out. The third value of a likely token is 1 for the one that really follows.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/html/page.h"
#include "core/trace/dispatch.h"
#include "ui/views/token_text.h"

namespace app {
namespace {

using core::Hook;

// A JSON text of ASCII alone, without the three characters that mean something to HTML.
void appendText(std::string& out, std::string_view text) {
  const std::string visible = ui::visibleToken(text).whole();
  for (const char c : nlohmann::json(visible).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace)) {
    if (c == '<' || c == '>' || c == '&') {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
}

void appendNumber(std::string& out, float value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{:.6g}", value);
  } else {
    out += "null";
  }
}

// "null" where the row was not recorded.
void appendRow(std::string& out, std::span<const float> row) {
  if (row.empty()) {
    out += "null";
    return;
  }
  char before = '[';
  for (const float value : row) {
    out += before;
    appendNumber(out, value);
    before = ',';
  }
  out += ']';
}

void appendRow(std::string& out, std::span<const int32_t> row) {
  char before = '[';
  for (const int32_t value : row) {
    out += before;
    out += fmt::format("{}", value);
    before = ',';
  }
  out += row.empty() ? "[]" : "]";
}

void appendScalar(std::string& out, std::span<const float> row) {
  if (row.size() == 1) {
    appendNumber(out, row[0]);
  } else {
    out += "null";
  }
}

void appendRouted(std::string& out, const core::Trace& trace, int layer, int token,
                  const core::LayerDispatch& dispatch) {
  const std::span<const int32_t> ids = trace.ints(Hook::RouterIds, layer, token);
  if (ids.empty()) {
    out += "null";
    return;
  }
  out += "{\"logits\":";
  appendRow(out, trace.floats(Hook::RouterLogits, layer, token));
  out += ",\"scores\":";
  appendRow(out, trace.floats(Hook::RouterScores, layer, token));
  // Choices that exist: a changed routing may give a token fewer than another, -1 behind its last one.
  const auto chosen = static_cast<size_t>(std::find(ids.begin(), ids.end(), -1) - ids.begin());
  const std::span<const float> weights = trace.floats(Hook::RouterWeights, layer, token);
  out += ",\"ids\":";
  appendRow(out, ids.first(chosen));
  out += ",\"weights\":";
  appendRow(out, weights.first(std::min(chosen, weights.size())));
  out += ",\"kept\":";
  const size_t K = ids.size(), begin = static_cast<size_t>(token) * K;
  if (dispatch.exists && begin + K <= dispatch.kept.size()) {
    appendRow(out, std::span(dispatch.kept).subspan(begin, chosen));
  } else {
    out += "null";
  }
  out += ",\"margin\":";
  appendScalar(out, trace.floats(Hook::RouterMargin, layer, token));
  out += '}';
}

void appendLayers(std::string& out, const core::Trace& trace) {
  char before = '[';
  for (int layer = 0; layer < trace.config().layers; ++layer) {
    if (!trace.config().layer[static_cast<size_t>(layer)].moe) continue;
    const core::LayerDispatch dispatch = core::dispatchOf(trace, layer);
    out += before;
    before = ',';
    out += fmt::format("{{\"layer\":{},\"capacity\":{},\"tokens\":[", layer,
                       dispatch.exists ? fmt::format("{}", dispatch.capacity) : "null");
    for (int token = 0; token < trace.tokens(core::Stream::Layer, layer); ++token) {
      if (token > 0) out += ',';
      appendRouted(out, trace, layer, token, dispatch);
    }
    out += "]}";
  }
  out += before == '[' ? "[]" : "]";
}

void appendPrediction(std::string& out, const core::Trace& trace, const PageOptions& options, int token) {
  out += "{\"entropy\":";
  appendScalar(out, trace.floats(Hook::PredictionEntropy, 0, token));
  out += ",\"surprisal\":";
  appendScalar(out, trace.floats(Hook::Surprisal, 0, token));
  out += ",\"top\":[";
  const std::span<const int32_t> ids = trace.ints(Hook::TopIds, 0, token);
  const std::span<const float> probabilities = trace.floats(Hook::TopProbabilities, 0, token);
  const int32_t next = token + 1 < trace.length() ? trace.ids()[static_cast<size_t>(token) + 1] : -1;
  for (size_t i = 0; i < ids.size() && i < probabilities.size(); ++i) {
    out += i == 0 ? "[" : ",[";
    appendText(out, options.tokenText ? options.tokenText(ids[i]) : fmt::format("#{}", ids[i]));
    out += ',';
    appendNumber(out, probabilities[i]);
    out += ids[i] == next ? ",1]" : ",0]";
  }
  out += "]}";
}

}  // namespace

std::string pageData(const core::Trace& trace, const PageOptions& options) {
  const core::CapacityOptions& capacity = trace.info().capacity;
  std::string out = fmt::format("{{\"prompt\":{},\"experts\":{},\"capacity\":\"{}\",\"tokens\":[", trace.promptTokens(),
                                trace.config().router.experts,
                                !capacity.active     ? "none"
                                : capacity.simulated ? "simulated"
                                                     : "the model's own");
  for (size_t token = 0; token < trace.texts().size(); ++token) {
    if (token > 0) out += ',';
    appendText(out, trace.texts()[token]);
  }
  out += "],\"layers\":";
  appendLayers(out, trace);
  out += ",\"predictions\":[";
  for (int token = 0; token < trace.tokens(core::Stream::Head); ++token) {
    if (token > 0) out += ',';
    appendPrediction(out, trace, options, token);
  }
  return out + "]}";
}

}  // namespace app
