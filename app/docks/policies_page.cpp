#include "app/docks/policies_page.h"

#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

#include "app/canvas_widget.h"
#include "app/docks/lab_parts.h"
#include "app/instruments.h"
#include "app/policy_sweep.h"
#include "ui/instruments/policies_scene.h"

namespace app {

PoliciesPage::PoliciesPage(Workbench& workbench, PolicySweep& sweep, const Instruments& instruments,
                           ui::TextShaper& shaper, core::ThreadPool* pool, QWidget* parent)
    : QWidget(parent), m_workbench(workbench), m_sweep(sweep), m_instruments(instruments) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  m_progressRow = progressPart(&m_bar, "policiesProgress", "policiesCancel", tr("Progress of all policies"),
                               [this] { m_sweep.cancel(); });
  m_progressRow->setContentsMargins(12, 4, 12, 0);
  column->addWidget(m_progressRow);
  m_canvas = new CanvasWidget(shaper, pool);
  m_canvas->setObjectName("policiesCanvas");
  m_canvas->setAccessibleName(tr("All policies"));
  column->addWidget(m_canvas, 1);
  connect(&sweep, &PolicySweep::changed, this, &PoliciesPage::showState);
  connect(&workbench, &Workbench::cursorMoved, this, &PoliciesPage::showState);
}

void PoliciesPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  m_sweep.start();
  showState();
}

void PoliciesPage::showState() {
  if (!isVisible()) return;
  m_sweep.start();  // nothing if it is there, or under way
  m_progressRow->setVisible(m_sweep.busy());
  m_bar->setValue(qRound(m_sweep.share() * 1000));
  showPicture();
}

void PoliciesPage::showPicture() {
  const auto make = [this](ui::Size size) {
    const ui::Look look = m_instruments.plainLook();
    Picture picture;
    picture.scene = ui::makePoliciesScene(m_sweep.view(look.say), size, look);
    picture.parts = {{ui::Instrument::Lab, {0, 0, size.width, size.height}, picture.scene.sentence}};
    return picture;
  };
  const auto table = [this](ui::Instrument) {
    const ui::Description all = m_sweep.view(m_instruments.say()).description;
    return ui::AccessibleTable{all.columns, all.rows};
  };
  m_canvas->setPicture(make, table, m_instruments.theme().bg1);
}

}  // namespace app
