// The painter on a GPU: opened beside the first frames, which the raster paints, and given up when the device is lost.
#include "app/canvas_vulkan.h"
#include "app/canvas_widget.h"
#include "app/main_window.h"

namespace app {

void MainWindow::openPainter() {
  if (!m_openPainter) return;
  m_painterOpener = std::make_unique<EngineThread>(EngineThread::AtEnd::Drop);
  m_painterOpener->post("", [this, open = m_openPainter](const CancelToken&) {
    const auto painter = open();
    if (!painter || !*painter) return;  // the raster goes on: nothing is missing
    QMetaObject::invokeMethod(
        this,
        [this, painter = *painter] {
          m_painter = painter;
          for (CanvasWidget* canvas : canvases()) usePainter(*canvas);
        },
        Qt::QueuedConnection);
  });
}

void MainWindow::usePainter(CanvasWidget& canvas) {
  if (!m_painter) return;
  canvas.setPainter(m_painter, [this](const core::Error&) {
    // Found out in the middle of a frame; the other canvases are told after it.
    if (!std::exchange(m_painter, nullptr)) return;
    QMetaObject::invokeMethod(
        this,
        [this] {
          for (CanvasWidget* other : canvases()) other->setPainter(nullptr, {});
        },
        Qt::QueuedConnection);
  });
}

}  // namespace app
