// A page of the lab: where the gradient of each loss would push the logits under the cursor.
#pragma once

#include <QWidget>

namespace core {
class ThreadPool;
}
namespace ui {
class TextShaper;
}

namespace app {

class CanvasWidget;
class Instruments;
class PushLens;

class PushPage : public QWidget {
  Q_OBJECT

 public:
  PushPage(PushLens& lens, const Instruments& instruments, ui::TextShaper& shaper, core::ThreadPool* pool,
           QWidget* parent = nullptr);
  CanvasWidget& canvas() { return *m_canvas; }
  void showPicture();  // anew: also where the theme is another

 protected:
  void showEvent(QShowEvent* event) override;
  void hideEvent(QHideEvent* event) override;

 private:
  PushLens& m_lens;
  const Instruments& m_instruments;
  CanvasWidget* m_canvas = nullptr;
};

}  // namespace app
