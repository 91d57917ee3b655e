// Columns: position; token; the chosen experts, best first, with the weight applied (a dropped choice is struck out and
// says so); how much of the layer's update the routed experts and the shared expert make up, measured along the update;
// how unexpected the token was; the most likely next token. A layer without experts has its dense block's share in
// their place.
#include "app/cli/trace_table.h"

#include <algorithm>
#include <cmath>

#include "core/trace/dispatch.h"
#include "core/trace/run_info_json.h"

namespace app {
namespace {

using core::Hook;

constexpr int kTextColumns = 16;

struct Row {
  std::string position, token, experts, routed, shared, dense, surprisal, next;
};

class Table {
 public:
  Table(const core::Trace& trace, const core::Tokenizer* tokenizer, const TableOptions& options)
      : m_trace(trace),
        m_tokenizer(tokenizer),
        m_options(options),
        m_dispatch(core::dispatchOf(trace, options.layer)) {}

  std::string text() {
    std::string out = heading() + "\n";
    std::vector<Row> rows = {{"pos", "token", "experts and weights", "routed", "shared", "dense", "surprisal", "next"}};
    for (int token = 0; token < m_trace.length(); ++token) rows.push_back(row(token));
    const int experts = widest(rows, &Row::experts);
    const bool ledger = m_trace.has(Hook::LedgerUpdateShare, m_options.layer);
    const auto prompt = static_cast<size_t>(m_trace.promptTokens());
    for (size_t i = 0; i < rows.size(); ++i) {
      const Row& r = rows[i];
      const Styles& s = m_options.styles;
      if (i == prompt + 1 && i < rows.size()) out += s.faint + "-- generated" + s.reset + "\n";
      std::string line = paddedLeft(r.position, 5) + "  " + padded(r.token, kTextColumns);
      if (isRouted() || attends()) line += "  " + struckOut(padded(r.experts, experts));
      if (ledger && isRouted()) line += "  " + paddedLeft(r.routed, 7) + paddedLeft(r.shared, 8);
      if (ledger && !isRouted()) line += "  " + paddedLeft(r.dense, 7);
      line += "  " + paddedLeft(r.surprisal, 9) + "  " + r.next;
      out += (i == 0 ? s.bold + line + s.reset : line) + "\n";
    }
    return out + footing();
  }

 private:
  bool isRouted() const { return m_trace.config().layer[static_cast<size_t>(m_options.layer)].moe; }
  bool attends() const { return m_trace.has(Hook::AttentionRouterIds, m_options.layer); }

  std::string heading() const {
    const core::RunInfo& info = m_trace.info();
    const core::RouterConfig& router = info.config->router;
    std::string out = fmt::format("{}  layer {} of {}", info.modelName, m_options.layer, info.config->layers);
    if (isRouted()) {
      out += fmt::format("  {} of {} experts a token", router.chosen, router.experts);
    } else {
      out += router.experts > 0 ? "  a dense layer, no experts here" : "  a dense model, no experts";
    }
    out += fmt::format("  {} {}  capture {}", info.engine.engine, info.engine.kernels, core::captureName(info.capture));
    if (!info.capacity.active) return out;
    const std::string slots =
        m_dispatch.exists ? fmt::format("{} slot{} an expert", m_dispatch.capacity, m_dispatch.capacity == 1 ? "" : "s")
                          : "none here";
    return out + fmt::format("\ncapacity {} x {:g}{}: {}", core::capacityRuleName(info.capacity.rule),
                             info.capacity.factor, info.capacity.simulated ? " (simulated)" : "", slots);
  }

  std::string footing() const {
    if (!m_dispatch.exists || m_dispatch.kept.empty()) return "";
    const auto missing = std::count(m_dispatch.slot.begin(), m_dispatch.slot.end(), -1);  // not chosen at all
    const auto dropped = std::count(m_dispatch.kept.begin(), m_dispatch.kept.end(), 0) - missing;
    return fmt::format("{} of {} choices dropped in this layer\n", dropped, static_cast<ptrdiff_t>(m_dispatch.kept.size()) - missing);
  }

  Row row(int token) const {
    Row r;
    r.position = std::to_string(token);
    r.token = visibleText(m_trace.texts()[static_cast<size_t>(token)]);
    r.experts = experts(token);
    r.dense = "-";
    shares(token, r);
    const auto surprisal = token > 0 ? m_trace.floats(Hook::Surprisal, 0, token - 1) : std::span<const float>();
    r.surprisal = surprisal.empty() ? "-" : fmt::format("{:.2f}", surprisal[0]);
    const auto ids = m_trace.ints(Hook::TopIds, 0, token);
    const auto probabilities = m_trace.floats(Hook::TopProbabilities, 0, token);
    if (!ids.empty() && !probabilities.empty()) {
      const std::string piece = m_tokenizer ? m_tokenizer->pieceText(ids[0]) : fmt::format("#{}", ids[0]);
      r.next = fmt::format("{} {:.0f} %", visibleText(piece), 100 * probabilities[0]);
    }
    return r;
  }

  // Routed attention chooses experts of its own, shown behind the block's.
  std::string attentionExperts(int token) const {
    const auto ids = m_trace.ints(Hook::AttentionRouterIds, m_options.layer, token);
    const auto weights = m_trace.floats(Hook::AttentionRouterWeights, m_options.layer, token);
    std::string out;
    for (size_t rank = 0; rank < ids.size() && rank < weights.size(); ++rank) {
      out += fmt::format("{}A{:02} {:.3f}", rank == 0 ? "  attention " : "  ", ids[rank], weights[rank]);
    }
    return out;
  }

  std::string experts(int token) const {
    const auto ids = m_trace.ints(Hook::RouterIds, m_options.layer, token);
    const auto weights = m_trace.floats(Hook::RouterWeights, m_options.layer, token);
    const int digits = m_trace.config().router.experts >= 100 ? 3 : 2;
    std::string out;
    for (size_t rank = 0; rank < ids.size() && rank < weights.size(); ++rank) {
      if (ids[rank] < 0) break;  // this token has fewer choices than another
      const size_t choice = static_cast<size_t>(token) * ids.size() + rank;
      const bool dropped = choice < m_dispatch.kept.size() && m_dispatch.kept[choice] == 0;
      const std::string one = fmt::format("E{:0{}} {:.3f}", ids[rank], digits, weights[rank]);
      out += (out.empty() ? "" : "  ") + (dropped ? "[" + one + " dropped]" : one);
    }
    return out.empty() ? "-" : out + attentionExperts(token);
  }

  // Colours what stands in brackets once the columns are laid out.
  std::string struckOut(std::string cell) const {
    const Styles& s = m_options.styles;
    if (s.reset.empty()) return cell;
    for (size_t at = 0; (at = cell.find('[', at)) != std::string::npos;) {
      const size_t end = cell.find(']', at);
      if (end == std::string::npos) break;
      cell.insert(end + 1, s.reset);
      cell.insert(at, s.struck);
      at = end + s.struck.size() + s.reset.size();
    }
    return cell;
  }

  void shares(int token, Row& r) const {
    const auto parts = m_trace.floats(Hook::LedgerUpdateShare, m_options.layer, token);
    const auto update = m_trace.floats(Hook::LedgerUpdateNorm, m_options.layer, token);
    if (parts.empty() || update.empty() || !(update[0] > 0)) return;
    const core::LedgerParts ledger{m_trace.config().router.chosen};
    if (parts.size() < static_cast<size_t>(ledger.count())) return;
    const auto percent = [&](float part) { return fmt::format("{} %", std::lround(100 * part / update[0])); };
    r.dense = percent(parts[static_cast<size_t>(ledger.dense())]);
    float routed = 0;
    for (int rank = 0; rank < ledger.K; ++rank) routed += parts[static_cast<size_t>(core::LedgerParts::expert(rank))];
    r.routed = percent(routed);
    const bool shared = m_trace.config().shared != core::SharedExpert::None;
    r.shared = shared ? percent(parts[static_cast<size_t>(ledger.shared())]) : "-";
  }

  static int widest(const std::vector<Row>& rows, std::string Row::*cell) {
    int columns = 0;
    for (const Row& row : rows) columns = std::max(columns, columnsOf(row.*cell));
    return columns;
  }

  const core::Trace& m_trace;
  const core::Tokenizer* m_tokenizer;
  const TableOptions& m_options;
  core::LayerDispatch m_dispatch;
};

}  // namespace

int firstExpertLayer(const core::ModelConfig& config) {
  for (int layer = 0; layer < config.layers; ++layer) {
    if (config.layer[static_cast<size_t>(layer)].moe) return layer;
  }
  return -1;
}

std::string traceTable(const core::Trace& trace, const core::Tokenizer* tokenizer, const TableOptions& options) {
  return Table(trace, tokenizer, options).text();
}

}  // namespace app
