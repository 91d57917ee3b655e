// A widget that shows a scene. The picture is painted offscreen by ui::Canvas and shown as an image, which works under
// every platform plugin, inside docks, and without a GPU. Frames are drawn on demand: when the scene or the size has
// changed, and while mouse input waits.
#pragma once

#include <QWidget>
#include <functional>
#include <memory>
#include <optional>

#include "app/picture.h"
#include "core/base/result.h"
#include "ui/scene/canvas.h"

namespace app {

class CanvasVulkan;

class CanvasWidget : public QWidget {
  Q_OBJECT

 public:
  // Makes the picture for a size in logical pixels; asked whenever it is needed anew.
  using MakeScene = std::function<Picture(ui::Size)>;

  // Shaper and pool (may be null) are shared by all canvases of a window and outlive them.
  CanvasWidget(ui::TextShaper& shaper, core::ThreadPool* pool, QWidget* parent = nullptr);

  // The numbers of an instrument, for whoever reads them aloud.
  using TableOf = std::function<ui::AccessibleTable(ui::Instrument)>;

  void setPicture(MakeScene make, TableOf tableOf, ui::Colour background);
  void refresh();  // the picture has changed

  // Paints on a GPU from now on; when it fails the raster takes over and `failed` is told. Null: the raster.
  void setPainter(const std::shared_ptr<CanvasVulkan>& painter, const std::function<void(const core::Error&)>& failed);

  const ui::Scene& scene() const { return m_picture.scene; }
  const std::vector<PicturePart>& parts() const { return m_picture.parts; }
  ui::AccessibleTable table(ui::Instrument instrument) const;

  int framesDrawn() const { return m_frames; }

  // What mouse and window asked of it is not answered yet: a frame that takes it up is still to be drawn.
  bool hasFrameToDraw() const { return m_frameIsAsked; }

  // Where something stands, in widget coordinates, as the last frame drew it. For tests and for opening menus beside
  // what was clicked.
  std::optional<QRect> placeOf(ui::ElementId id) const;

 signals:
  void clicked(ui::ElementId id, Qt::KeyboardModifiers modifiers);
  void doubleClicked(ui::ElementId id);
  void dragged(ui::ElementId from, ui::ElementId under, Qt::KeyboardModifiers modifiers);
  void hovered(ui::ElementId id, QPointF at);
  void focused();  // it has the keyboard now
  void wheeled(ui::ElementId under, QPointF at, QPointF notches, Qt::KeyboardModifiers modifiers);

 protected:
  void paintEvent(QPaintEvent*) override;
  void resizeEvent(QResizeEvent*) override;
  void mouseMoveEvent(QMouseEvent*) override;
  void mousePressEvent(QMouseEvent*) override;
  void mouseReleaseEvent(QMouseEvent*) override;
  void mouseDoubleClickEvent(QMouseEvent*) override;
  void wheelEvent(QWheelEvent*) override;
  void leaveEvent(QEvent*) override;
  void focusInEvent(QFocusEvent* event) override;
  void focusOutEvent(QFocusEvent* event) override;

 private:
  void wantFrame();
  void drawFrame();
  void tell(const std::vector<ui::CanvasEvent>& events);

  ui::TextShaper& m_shaper;
  core::ThreadPool* const m_pool;
  ui::Canvas m_canvas;
  MakeScene m_make;
  TableOf m_tableOf;
  ui::Colour m_background;
  Picture m_picture;
  Qt::KeyboardModifiers m_modifiers;
  int m_frames = 0;
  bool m_sceneIsOld = true;
  bool m_frameIsAsked = false;
};

}  // namespace app
