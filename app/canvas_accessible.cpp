#include "app/canvas_accessible.h"

#include <QAccessibleWidget>
#include <QPointer>
#include <vector>

#include "app/canvas_widget.h"

namespace app {
namespace {

QString instrumentName(ui::Instrument instrument) {
  switch (instrument) {
    case ui::Instrument::TokenStrip:
      return CanvasWidget::tr("Tokens");
    case ui::Instrument::StageRail:
      return CanvasWidget::tr("Stages");
    case ui::Instrument::Router:
      return CanvasWidget::tr("Router");
    case ui::Instrument::Dispatch:
      return CanvasWidget::tr("Dispatch");
    case ui::Instrument::Load:
      return CanvasWidget::tr("Load");
    case ui::Instrument::LayersExperts:
      return CanvasWidget::tr("Layers by experts");
    case ui::Instrument::TokensExperts:
      return CanvasWidget::tr("Tokens by experts");
    case ui::Instrument::Ledger:
      return CanvasWidget::tr("Ledger");
    case ui::Instrument::LedgerOverLayers:
      return CanvasWidget::tr("Ledger over layers");
    case ui::Instrument::LoadByLayer:
      return CanvasWidget::tr("Load by layer");
    case ui::Instrument::DropsByPosition:
      return CanvasWidget::tr("Drops by position");
    case ui::Instrument::Prediction:
      return CanvasWidget::tr("Prediction");
    case ui::Instrument::Placement:
      return CanvasWidget::tr("Placement");
    case ui::Instrument::Measures:
      return CanvasWidget::tr("Measures");
    case ui::Instrument::Coactivation:
      return CanvasWidget::tr("Co-activation");
    default:
      return CanvasWidget::tr("Instrument");
  }
}

QString lineOf(const std::vector<std::string>& cells) {
  QStringList line;
  for (const std::string& cell : cells) line << QString::fromStdString(cell);
  return line.join(QStringLiteral(", "));
}

QString tableText(const ui::AccessibleTable& table) {
  QStringList lines;
  if (!table.columns.empty()) lines << lineOf(table.columns);
  for (const auto& row : table.rows) lines << lineOf(row);
  return lines.join('\n');
}

class PartAccessible : public QAccessibleInterface {
 public:
  PartAccessible(CanvasWidget* canvas, int index) : m_canvas(canvas), m_index(index) {}

  bool isValid() const override { return !m_canvas.isNull() && part() != nullptr; }
  QObject* object() const override { return nullptr; }
  QAccessibleInterface* parent() const override { return QAccessible::queryAccessibleInterface(m_canvas); }
  QAccessibleInterface* child(int) const override { return nullptr; }
  QAccessibleInterface* childAt(int, int) const override { return nullptr; }
  int childCount() const override { return 0; }
  int indexOfChild(const QAccessibleInterface*) const override { return -1; }
  QAccessible::Role role() const override { return QAccessible::Graphic; }

  QAccessible::State state() const override {
    QAccessible::State state;
    state.readOnly = true;
    state.multiLine = true;
    return state;
  }

  QRect rect() const override {
    if (!isValid()) return {};
    const ui::Rect& place = part()->place;
    const QRect local = QRectF(place.x, place.y, place.width, place.height).toAlignedRect();
    return {m_canvas->mapToGlobal(local.topLeft()), local.size()};
  }

  QString text(QAccessible::Text kind) const override {
    if (!isValid()) return {};
    switch (kind) {
      case QAccessible::Name:
        return instrumentName(part()->instrument);
      case QAccessible::Description:
        return QString::fromStdString(part()->sentence);
      case QAccessible::Value:
        return tableText(m_canvas->table(part()->instrument));
      default:
        return {};
    }
  }
  void setText(QAccessible::Text, const QString&) override {}

 private:
  const PicturePart* part() const {
    const std::vector<PicturePart>& parts = m_canvas->parts();
    return static_cast<size_t>(m_index) < parts.size() ? &parts[static_cast<size_t>(m_index)] : nullptr;
  }

  const QPointer<CanvasWidget> m_canvas;
  const int m_index;
};

class CanvasAccessible : public QAccessibleWidget {
 public:
  explicit CanvasAccessible(CanvasWidget* canvas) : QAccessibleWidget(canvas, QAccessible::Canvas), m_canvas(canvas) {}
  ~CanvasAccessible() override {
    for (const QAccessible::Id id : m_children) QAccessible::deleteAccessibleInterface(id);
  }

  int childCount() const override { return static_cast<int>(m_canvas->parts().size()); }

  QAccessibleInterface* child(int index) const override {
    if (index < 0 || index >= childCount()) return nullptr;
    while (m_children.size() <= static_cast<size_t>(index)) {
      m_children.push_back(
          QAccessible::registerAccessibleInterface(new PartAccessible(m_canvas, static_cast<int>(m_children.size()))));
    }
    return QAccessible::accessibleInterface(m_children[static_cast<size_t>(index)]);
  }

  QAccessibleInterface* childAt(int x, int y) const override {
    for (int i = 0; i < childCount(); ++i) {
      QAccessibleInterface* part = child(i);
      if (part->rect().contains(x, y)) return part;
    }
    return nullptr;
  }

  int indexOfChild(const QAccessibleInterface* wanted) const override {
    for (int i = 0; i < childCount(); ++i) {
      if (child(i) == wanted) return i;
    }
    return -1;
  }

  // The whole picture in words.
  QString text(QAccessible::Text kind) const override {
    if (kind != QAccessible::Description) return QAccessibleWidget::text(kind);
    QStringList sentences;
    for (const PicturePart& part : m_canvas->parts()) sentences << QString::fromStdString(part.sentence);
    return sentences.join('\n');
  }

 private:
  CanvasWidget* const m_canvas;
  mutable std::vector<QAccessible::Id> m_children;
};

QAccessibleInterface* makeAccessible(const QString&, QObject* object) {
  auto* canvas = qobject_cast<CanvasWidget*>(object);
  return canvas ? new CanvasAccessible(canvas) : nullptr;
}

}  // namespace

void installCanvasAccessibility() { QAccessible::installFactory(makeAccessible); }

}  // namespace app
