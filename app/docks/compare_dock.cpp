#include "app/docks/compare_dock.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>

#include "app/canvas_widget.h"
#include "app/second_run.h"

namespace app {

CompareDock::CompareDock(SecondRun& second, ui::TextShaper& shaper, core::ThreadPool* pool, QWidget* parent)
    : Dock(tr("Compare"), "compareDock", parent), m_second(second) {
  const auto button = [this](const QString& text, const QString& name, const auto& act) {
    auto* made = new QToolButton;
    made->setProperty("role", "plain");
    made->setObjectName(name);
    made->setText(text);
    connect(made, &QToolButton::clicked, this, act);
    addTitleWidget(made);
  };
  button(tr("Choose a run\u2026"), "compareChoose", [this] { emit chooseAsked(); });
  button(tr("CPU against GPU"), "compareDevices", [this] { m_second.compareDevices(); });

  auto* row = new QWidget;
  row->setObjectName("compareVerdictRow");
  auto* line = new QHBoxLayout(row);
  line->setContentsMargins(12, 4, 12, 4);
  m_verdict = new QLabel;
  m_verdict->setObjectName("compareVerdict");
  m_verdict->setProperty("role", "secondary");
  m_verdict->setTextFormat(Qt::PlainText);
  m_verdict->setWordWrap(true);
  m_cancel = new QPushButton(tr("Cancel"));
  m_cancel->setObjectName("compareCancel");
  line->addWidget(m_verdict, 1);
  line->addWidget(m_cancel);
  body()->addWidget(row);
  m_canvas = new CanvasWidget(shaper, pool);
  m_canvas->setObjectName("compareCanvas");
  m_canvas->setAccessibleName(tr("Comparison of two runs"));
  m_canvas->setMinimumSize(480, 300);
  body()->addWidget(m_canvas, 1);

  connect(m_cancel, &QPushButton::clicked, this, [this] { m_second.cancel(); });
  connect(&second, &SecondRun::changed, this, &CompareDock::showState);
  connect(this, &QDockWidget::visibilityChanged, this, &CompareDock::makeRoom);
  connect(this, &QDockWidget::topLevelChanged, this, &CompareDock::makeRoom);
  showState();
}

void CompareDock::showState() {
  QString text = m_second.verdict();
  if (m_second.busy() && m_second.share() > 0) text += tr(" %1 %").arg(qRound(m_second.share() * 100));
  m_verdict->setText(text);
  m_verdict->parentWidget()->setVisible(!text.isEmpty());
  m_cancel->setVisible(m_second.busy());
  m_canvas->refresh();
}

// A tab that is turned away or a minimised window hides nothing: isHidden() is what was asked for.
void CompareDock::makeRoom() {
  const bool takes = !isHidden() && !isFloating();
  if (takes == !m_hidden.isEmpty()) return;
  if (takes) {
    for (QWidget* widget : m_displaced) {
      if (widget->isHidden()) continue;
      m_hidden.push_back(widget);
      widget->hide();
    }
    m_canvas->setFocus();
  } else {
    // The other way round: what stands in for another is shown after it.
    const QList<QWidget*> hidden = std::exchange(m_hidden, {});
    for (auto widget = hidden.rbegin(); widget != hidden.rend(); ++widget) (*widget)->show();
  }
}

void CompareDock::leave() {
  hide();
  makeRoom();
}

}  // namespace app
