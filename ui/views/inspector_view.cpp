#include "ui/views/inspector_view.h"

#include <algorithm>
#include <cmath>

#include "ui/numbers.h"
#include "ui/views/load_view.h"

namespace ui {
namespace {

using core::Hook;
using core::LedgerParts;

class Rows {
 public:
  Rows(const ViewSource& source, const Cursor& cursor, const Phrases& phrases) : s(source), c(cursor), say(phrases) {}

  std::vector<InspectorRow> make() {
    const bool routed = s.routed(c.layer);
    if (routed) router();
    if (routed) dispatch();
    ledger(routed);
    vectors();
    head();
    if (routed) load();
    return std::move(m_rows);
  }

 private:
  std::span<const float> floats(Hook hook) const { return s.trace.floats(hook, layerOf(hook), c.token); }
  std::span<const int32_t> ints(Hook hook) const { return s.trace.ints(hook, layerOf(hook), c.token); }
  int layerOf(Hook hook) const {
    const core::Stream stream = core::hookInfo(hook).stream;
    const bool whole =
        stream == core::Stream::Head || stream == core::Stream::HeadNext || stream == core::Stream::Embeddings;
    return whole ? 0 : c.layer;
  }

  InspectorRow& add(std::string quantity, std::string value, std::string full, std::string unit, Hook hook,
                    size_t columns) {
    const core::HookInfo& info = core::hookInfo(hook);
    InspectorRow row;
    row.quantity = std::move(quantity);
    row.value = std::move(value);
    row.full = std::move(full);
    row.unit = std::move(unit);
    row.hook = info.name;
    const int tokens = s.trace.tokens(hook, layerOf(hook));
    row.shape = columns == 1 ? fmt::format("({})", tokens) : fmt::format("({}, {})", tokens, columns);
    row.meaning = info.meaning;
    row.formula = info.formula;
    return m_rows.emplace_back(std::move(row));
  }

  void number(Say name, Hook hook, int column, std::string unit = {}) {
    const std::span<const float> row = floats(hook);
    if (column < 0 || static_cast<size_t>(column) >= row.size()) return;
    const float value = row[static_cast<size_t>(column)];
    add(say(name), fourText(static_cast<double>(value)), fullText(value), std::move(unit), hook, row.size());
  }

  int rank() const {
    const std::vector<int> chosen = s.chosenAt(c.layer, c.token);
    const auto mine = std::find(chosen.begin(), chosen.end(), c.expert);
    return mine == chosen.end() ? -1 : static_cast<int>(mine - chosen.begin());
  }

  void router() {
    number(Say::RawLogit, Hook::RouterLogits, c.expert);
    number(Say::Score, Hook::RouterScores, c.expert);
    number(Say::QSelectionScore, Hook::RouterSelection, c.expert);
    const size_t K = ints(Hook::RouterIds).size();
    const int mine = rank();
    if (K > 0) {
      const std::string text = mine < 0 ? say(Say::QNotChosen) : say(Say::QRankOf, mine + 1, K);
      add(say(Say::Rank), text, mine < 0 ? "" : fmt::format("{}", mine + 1), "", Hook::RouterIds, K);
    }
    if (mine >= 0) number(Say::AppliedWeight, Hook::RouterWeights, mine);
    number(Say::QMargin, Hook::RouterMargin, 0);
    number(Say::QRouterEntropy, Hook::RouterEntropy, 0, say(Say::Nats));
    attentionRouter();
  }

  // Routed attention: the cursor's expert as that router sees it.
  void attentionRouter() {
    number(Say::QAttentionLogit, Hook::AttentionRouterLogits, c.expert);
    const std::span<const int32_t> chosen = ints(Hook::AttentionRouterIds);
    const auto mine = std::find(chosen.begin(), chosen.end(), c.expert);
    if (mine != chosen.end()) {
      number(Say::QAttentionWeight, Hook::AttentionRouterWeights, static_cast<int>(mine - chosen.begin()));
    }
    number(Say::QAttentionMargin, Hook::AttentionRouterMargin, 0);
  }

  void dispatch() {
    const core::LayerDispatch& d = *s.dispatch[static_cast<size_t>(c.layer)];
    const int mine = rank();
    if (!d.exists) return;
    if (mine >= 0) {
      const int slot = s.slotAt(c.layer, c.token, mine);
      const bool kept = s.keptAt(c.layer, c.token, mine) == 1;
      const std::string number = fmt::format("{}", slot);
      add(say(Say::QSlot), number, number, slot >= d.capacityAt(c.token) ? say(Say::QPastCapacity) : "", Hook::RouterSlot,
          static_cast<size_t>(s.chosen()));
      InspectorRow& row = add(say(Say::QKept), say(kept ? Say::Yes : Say::No), kept ? "1" : "0", "", Hook::RouterKept,
                              static_cast<size_t>(s.chosen()));
      row.warns = !kept;
    }
    const std::string slots = fmt::format("{}", d.capacityAt(c.token));
    add(say(Say::QCapacity), slots, slots, say(Say::UnitSlots), Hook::RouterSlot, static_cast<size_t>(s.chosen()));
  }

  void ledger(bool routed) {
    const LedgerParts parts{s.chosen()};
    const int mine = rank();
    number(Say::QAttentionNorm, Hook::LedgerNorm, LedgerParts::attention(), say(Say::UnitNorm));
    if (routed && mine >= 0) number(Say::QExpertNorm, Hook::LedgerNorm, LedgerParts::expert(mine), say(Say::UnitNorm));
    if (routed) number(Say::QSharedNorm, Hook::LedgerNorm, parts.shared(), say(Say::UnitNorm));
    if (!routed) number(Say::QDenseNorm, Hook::LedgerNorm, parts.dense(), say(Say::UnitNorm));
    number(Say::QResidualNorm, Hook::LedgerNorm, LedgerParts::residual(), say(Say::UnitNorm));
    number(Say::QOutputNorm, Hook::LedgerOutNorm, 0, say(Say::UnitNorm));
    number(Say::QUpdateNorm, Hook::LedgerUpdateNorm, 0, say(Say::UnitNorm));
    const std::span<const float> share = floats(Hook::LedgerOutputShare), out = floats(Hook::LedgerOutNorm);
    const auto column = static_cast<size_t>(LedgerParts::expert(std::max(0, mine)));
    if (routed && mine >= 0 && column < share.size() && !out.empty() && out[0] > 0) {
      const float part = share[column] / out[0];
      add(say(Say::QExpertShare), signedShareText(static_cast<double>(part)), fullText(part), "",
          Hook::LedgerOutputShare, share.size());
    }
    if (routed && mine >= 0)
      number(Say::QPush, Hook::LedgerActualEffect, LedgerParts::expert(mine), say(Say::UnitLogits));
    if (routed) number(Say::QCosine, Hook::LedgerCosine, 0, say(Say::UnitCosine));
  }

  // Whole vectors are shown by their length.
  void vectors() {
    for (const Hook hook : {Hook::Embeddings, Hook::Attention, Hook::Routed, Hook::Shared, Hook::Dense, Hook::Out}) {
      const std::span<const float> row = floats(hook);
      if (row.empty()) continue;
      double squares = 0;
      for (const float x : row) squares += static_cast<double>(x) * static_cast<double>(x);
      const double norm = std::sqrt(squares);
      const std::string name(core::hookInfo(hook).name);
      add(say(Say::QVectorNorm, name), fourText(norm), fmt::format("{}", norm), say(Say::UnitNorm), hook, row.size());
    }
  }

  void head() {
    const std::span<const int32_t> top = ints(Hook::TopIds);
    if (!top.empty()) {
      number(Say::QTopProbability, Hook::TopProbabilities, 0, say(Say::ColumnProbability));
    }
    number(Say::QPredictionEntropy, Hook::PredictionEntropy, 0, say(Say::Nats));
    number(Say::QSurprisalOfNext, Hook::Surprisal, 0, say(Say::Nats));
  }

  void load() {
    const LoadView view = makeLoadView(s, c, {}, say);
    if (view.panel.notice || static_cast<size_t>(c.expert) >= view.rows.size()) return;
    const LoadRow& row = view.rows[static_cast<size_t>(c.expert)];
    const auto K = static_cast<size_t>(s.chosen());
    const std::string count = fmt::format("{}", row.count());
    add(say(Say::QQueueLength), count, count, say(Say::UnitChoices), Hook::RouterIds, K);
    add(say(Say::QLoad), ratioText(row.overIdeal), fmt::format("{}", row.overIdeal), say(Say::UnitTimesIdeal),
        Hook::RouterIds, K);
  }

  const ViewSource& s;
  const Cursor& c;
  const Phrases& say;
  std::vector<InspectorRow> m_rows;
};

std::string flat(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

InspectorView makeInspectorView(const ViewSource& source, const Cursor& cursor, const Phrases& say) {
  if (source.block) return makeInspectorView(*source.block, clamped(cursor, cursorSpace(source.block->trace)), say);
  InspectorView view;
  view.panel.title = say(Say::InspectorTitle);
  view.panel.notice = noRunNotice(source, say);
  if (view.panel.notice) {
    view.description = describeNotice(view.panel);
    return view;
  }
  const bool expert = source.routed(cursor.layer);
  view.panel.subtitle = expert ? say(Say::InspectorSub, cursor.token, layerLabel(cursor.layer),
                                     expertLabel(cursor.expert, source.experts()))
                               : say(Say::InspectorSubDense, cursor.token, layerLabel(cursor.layer));
  view.panel.corner = say(Say::CopyTsv);
  view.panel.cornerAction = Action::CopyTable;
  view.rows = Rows(source, cursor, say).make();
  if (view.rows.empty()) {
    view.panel.notice = Notice{say(Say::NotRun, cursor.token), say(Say::NotRunWhy), {}};
    view.description = describeNotice(view.panel);
    return view;
  }
  Description& out = view.description;
  out.columns = {say(Say::ColumnQuantity), say(Say::ColumnValueHead), say(Say::ColumnUnit), say(Say::ColumnHook),
                 say(Say::ColumnShape)};
  for (const InspectorRow& row : view.rows)
    out.rows.push_back({row.quantity, row.value, row.unit, row.hook, row.shape});
  const size_t count = view.rows.size();
  out.sentence = placeSentence(source, view.panel.title, cursor, say) +
                 say(Say::InspectorSays, count, view.rows[0].quantity, view.rows[0].value);
  return view;
}

std::string inspectorTsv(const InspectorView& view, const Phrases& say) {
  std::string out;
  const auto line = [&](std::initializer_list<std::string> cells) {
    bool first = true;
    for (const std::string& cell : cells) {
      if (!first) out += '\t';
      out += flat(cell);
      first = false;
    }
    out += '\n';
  };
  line({say(Say::ColumnQuantity), say(Say::ColumnValueHead), say(Say::ColumnUnit), say(Say::ColumnHook),
        say(Say::ColumnShape), say(Say::ColumnMeaning), say(Say::ColumnFormula)});
  for (const InspectorRow& r : view.rows) line({r.quantity, r.full, r.unit, r.hook, r.shape, r.meaning, r.formula});
  return out;
}

}  // namespace ui
