#include "app/inspector_rows.h"

#include <QCoreApplication>
#include <algorithm>

#include "ui/numbers.h"

namespace app {
namespace {

QString tr(const char* text) { return QCoreApplication::translate("Inspector", text); }
QString text(std::string_view view) { return QString::fromUtf8(view.data(), static_cast<qsizetype>(view.size())); }

class Rows {
 public:
  Rows(const ui::ViewSource& source, const ui::Cursor& cursor) : m_source(source), m_cursor(cursor) {}

  // Element `column` of a hook's row; nothing if it does not exist.
  void number(const char* quantity, core::Hook hook, int column, int layer) {
    const auto values = m_source.trace.floats(hook, layer, m_cursor.token);
    if (column < 0 || static_cast<size_t>(column) >= values.size()) return;
    const float value = values[static_cast<size_t>(column)];
    add(quantity, QString::fromStdString(ui::fourText(value)), QString::fromStdString(ui::fullText(value)),
        text(core::hookInfo(hook).unit), hook);
  }

  void add(const char* quantity, const QString& value, const QString& full, const QString& unit, core::Hook hook,
           bool warns = false) {
    const core::HookInfo& info = core::hookInfo(hook);
    m_rows.push_back({tr(quantity), value, unit, text(info.name), text(info.meaning), full, warns});
  }

  std::vector<InspectorRow> take() { return std::move(m_rows); }

 private:
  const ui::ViewSource& m_source;
  const ui::Cursor m_cursor;
  std::vector<InspectorRow> m_rows;
};

void addRouting(Rows& rows, const ui::ViewSource& source, const ui::Cursor& cursor) {
  using core::Hook;
  const int layer = cursor.layer;
  rows.number(QT_TRANSLATE_NOOP("Inspector", "raw logit"), Hook::RouterLogits, cursor.expert, layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "score"), Hook::RouterScores, cursor.expert, layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "selection score"), Hook::RouterSelection, cursor.expert, layer);
  const std::vector<int> chosen = source.chosenAt(layer, cursor.token);
  if (!chosen.empty()) {
    const auto found = std::find(chosen.begin(), chosen.end(), cursor.expert);
    const bool isChosen = found != chosen.end();
    const int rank = static_cast<int>(found - chosen.begin());
    const QString place = isChosen ? tr("%1 of %2").arg(rank + 1).arg(chosen.size()) : tr("not chosen");
    rows.add(QT_TRANSLATE_NOOP("Inspector", "rank"), place, isChosen ? QString::number(rank) : QString(), {},
             Hook::RouterIds);
    if (isChosen) {
      rows.number(QT_TRANSLATE_NOOP("Inspector", "applied weight"), Hook::RouterWeights, rank, layer);
      if (const int slot = source.slotAt(layer, cursor.token, rank); slot >= 0) {
        const bool late = source.keptAt(layer, cursor.token, rank) == 0;
        const QString number = QString::number(slot);
        rows.add(QT_TRANSLATE_NOOP("Inspector", "slot"), number, number, late ? QStringLiteral("\u2265 C") : QString(),
                 Hook::RouterSlot);
        rows.add(QT_TRANSLATE_NOOP("Inspector", "kept"), late ? tr("no") : tr("yes"), late ? "0" : "1", {},
                 Hook::RouterKept, late);
      }
    }
  }
  rows.number(QT_TRANSLATE_NOOP("Inspector", "margin"), Hook::RouterMargin, 0, layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "router entropy"), Hook::RouterEntropy, 0, layer);
}

// Routed attention: the cursor's expert as that router sees it.
void addAttentionRouting(Rows& rows, const ui::ViewSource& source, const ui::Cursor& cursor) {
  using core::Hook;
  const int layer = cursor.layer;
  rows.number(QT_TRANSLATE_NOOP("Inspector", "attention logit"), Hook::AttentionRouterLogits, cursor.expert, layer);
  const std::span<const int32_t> chosen = source.trace.ints(Hook::AttentionRouterIds, layer, cursor.token);
  const auto found = std::find(chosen.begin(), chosen.end(), cursor.expert);
  if (found != chosen.end()) {
    rows.number(QT_TRANSLATE_NOOP("Inspector", "attention weight"), Hook::AttentionRouterWeights,
                static_cast<int>(found - chosen.begin()), layer);
  }
  rows.number(QT_TRANSLATE_NOOP("Inspector", "attention margin"), Hook::AttentionRouterMargin, 0, layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "attention router entropy"), Hook::AttentionRouterEntropy, 0, layer);
}

void addLedger(Rows& rows, const ui::ViewSource& source, const ui::Cursor& cursor) {
  using core::Hook;
  const core::LedgerParts parts{source.chosen()};
  const int layer = cursor.layer;
  rows.number(QT_TRANSLATE_NOOP("Inspector", "residual norm"), Hook::LedgerNorm, core::LedgerParts::residual(), layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "attention norm"), Hook::LedgerNorm, core::LedgerParts::attention(),
              layer);
  if (source.routed(layer)) {
    const std::vector<int> chosen = source.chosenAt(layer, cursor.token);
    const auto found = std::find(chosen.begin(), chosen.end(), cursor.expert);
    if (found != chosen.end()) {
      rows.number(QT_TRANSLATE_NOOP("Inspector", "routed norm"), Hook::LedgerNorm,
                  core::LedgerParts::expert(static_cast<int>(found - chosen.begin())), layer);
    }
    if (source.config().shared != core::SharedExpert::None) {
      rows.number(QT_TRANSLATE_NOOP("Inspector", "shared norm"), Hook::LedgerNorm, parts.shared(), layer);
      rows.number(QT_TRANSLATE_NOOP("Inspector", "routed against shared"), Hook::LedgerCosine, 0, layer);
    }
  } else {
    rows.number(QT_TRANSLATE_NOOP("Inspector", "dense norm"), Hook::LedgerNorm, parts.dense(), layer);
  }
  rows.number(QT_TRANSLATE_NOOP("Inspector", "update norm"), Hook::LedgerUpdateNorm, 0, layer);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "output norm"), Hook::LedgerOutNorm, 0, layer);
}

}  // namespace

std::vector<InspectorRow> makeInspectorRows(const ui::ViewSource& shown, const ui::Cursor& wanted) {
  const ui::ViewSource& source = shown.ofBlock();  // both routers have their rows here
  const ui::Cursor cursor = ui::clamped(wanted, ui::cursorSpace(source.trace));
  Rows rows(source, cursor);
  if (source.empty()) return {};
  addRouting(rows, source, cursor);
  addAttentionRouting(rows, source, cursor);
  addLedger(rows, source, cursor);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "prediction entropy"), core::Hook::PredictionEntropy, 0, 0);
  rows.number(QT_TRANSLATE_NOOP("Inspector", "surprisal of the next"), core::Hook::Surprisal, 0, 0);
  return rows.take();
}

}  // namespace app
