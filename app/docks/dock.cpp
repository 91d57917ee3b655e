#include "app/docks/dock.h"

#include <QAction>
#include <QApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QMainWindow>
#include <QPainter>
#include <QToolButton>
#include <QVBoxLayout>

namespace app {
namespace {

// Gives way to its neighbours: what does not fit ends in dots.
class YieldingLabel : public QLabel {
 public:
  using QLabel::QLabel;

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.setPen(palette().color(foregroundRole()));
    painter.drawText(rect(), Qt::AlignLeft | Qt::AlignVCenter,
                     fontMetrics().elidedText(text(), Qt::ElideRight, width()));
  }
};

}  // namespace

Dock::Dock(const QString& name, const QString& objectName, QWidget* parent) : QDockWidget(name, parent) {
  setObjectName(objectName);
  setAccessibleName(name);
  m_title = new QWidget(this);
  m_title->setObjectName("dockTitle");
  auto* row = new QHBoxLayout(m_title);
  row->setContentsMargins(12, 4, 6, 4);
  row->setSpacing(8);
  auto* label = new QLabel(name, m_title);
  QFont semibold = label->font();
  semibold.setWeight(QFont::DemiBold);
  label->setFont(semibold);
  m_subtitle = new YieldingLabel(m_title);
  m_subtitle->setProperty("role", "label");
  // It changes with every step: the dock must not want another width for it.
  m_subtitle->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  row->addWidget(label);
  row->addWidget(m_subtitle, 1);
  auto* close = new QToolButton(m_title);
  close->setProperty("role", "plain");
  close->setText(QStringLiteral("\u00D7"));
  close->setToolTip(tr("Hide %1").arg(name));
  close->setAccessibleName(close->toolTip());
  // As its line in the menu does, so that it can be undone.
  connect(close, &QToolButton::clicked, toggleViewAction(), &QAction::trigger);
  row->addWidget(close);
  setTitleBarWidget(m_title);

  auto* widget = new QWidget(this);
  widget->setObjectName("dockBody");
  m_body = new QVBoxLayout(widget);
  m_body->setContentsMargins(0, 0, 0, 0);
  m_body->setSpacing(0);
  setWidget(widget);
}

void Dock::hideTitle() {
  m_title->hide();
  auto* none = new QWidget(this);
  auto* nothing = new QVBoxLayout(none);
  nothing->setContentsMargins(0, 0, 0, 0);
  setTitleBarWidget(none);
}

void Dock::useSystemTitle() {
  setTitleBarWidget(nullptr);
  m_title->hide();
}

// The keyboard goes back to the tokens, not to whatever happens to be next.
void Dock::setVisible(bool visible) {
  const QWidget* focus = QApplication::focusWidget();
  auto* window = qobject_cast<QMainWindow*>(parentWidget());
  if (!visible && focus && isAncestorOf(focus) && window && window->centralWidget()->isVisible()) {
    window->centralWidget()->setFocus(Qt::OtherFocusReason);
  }
  QDockWidget::setVisible(visible);
}

void Dock::setSubtitle(const QString& text) { m_subtitle->setText(text); }

void Dock::addTitleWidget(QWidget* widget) {
  auto* row = static_cast<QHBoxLayout*>(m_title->layout());
  row->insertWidget(row->count() - 1, widget);
}

}  // namespace app
