#include "app/canvas_widget.h"

#include <QAccessible>
#include <QMouseEvent>
#include <QPainter>
#include <QTimer>

#include "app/canvas_vulkan.h"

namespace app {
namespace {

ui::Point pointOf(QPointF at) { return {static_cast<float>(at.x()), static_cast<float>(at.y())}; }

std::optional<ui::MouseButton> buttonOf(Qt::MouseButton button) {
  if (button == Qt::LeftButton) return ui::MouseButton::Left;
  if (button == Qt::RightButton) return ui::MouseButton::Right;
  if (button == Qt::MiddleButton) return ui::MouseButton::Middle;
  return std::nullopt;
}

}  // namespace

CanvasWidget::CanvasWidget(ui::TextShaper& shaper, core::ThreadPool* pool, QWidget* parent)
    : QWidget(parent), m_shaper(shaper), m_pool(pool) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAttribute(Qt::WA_OpaquePaintEvent);
}

void CanvasWidget::setPicture(MakeScene make, TableOf tableOf, ui::Colour background) {
  m_make = std::move(make);
  m_tableOf = std::move(tableOf);
  m_background = background;
  refresh();
}

void CanvasWidget::setPainter(const std::shared_ptr<CanvasVulkan>& painter,
                              const std::function<void(const core::Error&)>& failed) {
  paintBy(m_canvas, painter, failed);
  refresh();
}

ui::AccessibleTable CanvasWidget::table(ui::Instrument instrument) const {
  return m_tableOf ? m_tableOf(instrument) : ui::AccessibleTable();
}

void CanvasWidget::refresh() {
  m_sceneIsOld = true;
  wantFrame();
}

std::optional<QRect> CanvasWidget::placeOf(ui::ElementId id) const {
  const ui::SceneId wanted = id.pack();
  QRectF place;
  for (const ui::Primitive& primitive : m_picture.scene.primitives()) {
    if (primitive.id != wanted) continue;
    const ui::Rect bounds = m_picture.scene.bounds(primitive);
    place |= QRectF(bounds.x, bounds.y, bounds.width, bounds.height);
  }
  if (place.isEmpty()) return std::nullopt;
  return place.toAlignedRect();
}

void CanvasWidget::wantFrame() {
  if (m_frameIsAsked) return;
  m_frameIsAsked = true;
  QTimer::singleShot(0, this, [this] {
    m_frameIsAsked = false;
    if (isVisible()) drawFrame();
  });
}

void CanvasWidget::drawFrame() {
  if (!m_make || width() <= 0 || height() <= 0) return;
  if (m_sceneIsOld) {
    m_sceneIsOld = false;
    m_picture = m_make({static_cast<float>(width()), static_cast<float>(height())});
    QAccessibleEvent changed(this, QAccessible::NameChanged);
    QAccessible::updateAccessibility(&changed);
  }
  m_canvas.frame(m_picture.scene, m_shaper, static_cast<float>(devicePixelRatioF()), m_background, m_pool);
  ++m_frames;
  update();
  if (m_canvas.wantsFrame()) wantFrame();
  tell(std::vector<ui::CanvasEvent>(m_canvas.events()));
}

void CanvasWidget::tell(const std::vector<ui::CanvasEvent>& events) {
  for (const ui::CanvasEvent& event : events) {
    const ui::ElementId id = ui::unpack(event.id);
    switch (event.kind) {
      case ui::CanvasEvent::Kind::Hover:
        emit hovered(id, QPointF(event.at.x, event.at.y));
        break;
      case ui::CanvasEvent::Kind::Click:
        if (event.button == ui::MouseButton::Left && event.id != 0) emit clicked(id, m_modifiers);
        break;
      case ui::CanvasEvent::Kind::DoubleClick:
        if (event.button == ui::MouseButton::Left && event.id != 0) emit doubleClicked(id);
        break;
      case ui::CanvasEvent::Kind::Drag:
        if (event.button == ui::MouseButton::Left) emit dragged(id, ui::unpack(event.under), m_modifiers);
        break;
      case ui::CanvasEvent::Kind::Wheel:
        emit wheeled(id, QPointF(event.at.x, event.at.y), QPointF(event.moved.x, event.moved.y), m_modifiers);
        break;
      case ui::CanvasEvent::Kind::Press:
      case ui::CanvasEvent::Kind::Release:
        break;
    }
  }
}

void CanvasWidget::paintEvent(QPaintEvent*) {
  const ui::Image* image = &m_canvas.image();
  const qreal ratio = devicePixelRatioF();
  const QSize wanted(qRound(width() * ratio), qRound(height() * ratio));
  if (m_sceneIsOld || QSize(image->width, image->height) != wanted) {
    m_sceneIsOld = true;
    drawFrame();
  }
  QPainter painter(this);
  if (image->width <= 0 || image->height <= 0) {
    painter.fillRect(rect(), QColor(m_background.r, m_background.g, m_background.b));
    return;
  }
  QImage view(reinterpret_cast<const uchar*>(image->pixels.data()), image->width, image->height, image->width * 4,
              QImage::Format_RGB32);
  view.setDevicePixelRatio(ratio);
  painter.drawImage(QPointF(0, 0), view);
}

void CanvasWidget::resizeEvent(QResizeEvent*) { refresh(); }

void CanvasWidget::mouseMoveEvent(QMouseEvent* event) {
  m_canvas.mouseMoved(pointOf(event->position()));
  wantFrame();
}

void CanvasWidget::mousePressEvent(QMouseEvent* event) {
  m_modifiers = event->modifiers();
  m_canvas.mouseMoved(pointOf(event->position()));
  if (const auto button = buttonOf(event->button())) m_canvas.mousePressed(*button);
  wantFrame();
}

void CanvasWidget::mouseReleaseEvent(QMouseEvent* event) {
  m_canvas.mouseMoved(pointOf(event->position()));
  if (const auto button = buttonOf(event->button())) m_canvas.mouseReleased(*button);
  wantFrame();
}

void CanvasWidget::mouseDoubleClickEvent(QMouseEvent* event) { mousePressEvent(event); }

void CanvasWidget::wheelEvent(QWheelEvent* event) {
  m_modifiers = event->modifiers();
  const QPointF notches = QPointF(event->angleDelta()) / 120.0;
  m_canvas.mouseMoved(pointOf(event->position()));
  m_canvas.wheel(pointOf(notches));
  wantFrame();
  event->accept();
}

void CanvasWidget::focusInEvent(QFocusEvent* event) {
  QWidget::focusInEvent(event);
  emit focused();
  refresh();
}

void CanvasWidget::focusOutEvent(QFocusEvent* event) {
  QWidget::focusOutEvent(event);
  refresh();
}

void CanvasWidget::leaveEvent(QEvent*) {
  m_canvas.mouseLeft();
  wantFrame();
}

}  // namespace app
