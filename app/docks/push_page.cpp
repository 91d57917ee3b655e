#include "app/docks/push_page.h"

#include <QVBoxLayout>

#include "app/canvas_widget.h"
#include "app/instruments.h"
#include "app/push_lens.h"
#include "ui/instruments/push_scene.h"

namespace app {

PushPage::PushPage(PushLens& lens, const Instruments& instruments, ui::TextShaper& shaper, core::ThreadPool* pool,
                   QWidget* parent)
    : QWidget(parent), m_lens(lens), m_instruments(instruments) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  m_canvas = new CanvasWidget(shaper, pool);
  m_canvas->setObjectName("pushCanvas");
  m_canvas->setAccessibleName(tr("Where the gradient pushes"));
  column->addWidget(m_canvas);
  connect(&lens, &PushLens::changed, this, [this] {
    if (isVisible()) showPicture();
  });
}

void PushPage::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  m_lens.setWatched(true);
  showPicture();
}

void PushPage::hideEvent(QHideEvent* event) {
  QWidget::hideEvent(event);
  m_lens.setWatched(false);
}

void PushPage::showPicture() {
  const auto make = [this](ui::Size size) {
    const ui::Look look = m_instruments.plainLook();
    Picture picture;
    picture.scene = ui::makePushScene(m_lens.view(look.say), size, look);
    picture.parts = {{ui::Instrument::Lab, {0, 0, size.width, size.height}, picture.scene.sentence}};
    return picture;
  };
  const auto table = [this](ui::Instrument) {
    const ui::Description all = m_lens.view(m_instruments.say()).description;
    return ui::AccessibleTable{all.columns, all.rows};
  };
  m_canvas->setPicture(make, table, m_instruments.theme().bg1);
}

}  // namespace app
