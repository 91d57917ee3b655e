// A list whose closed form shortens what does not fit, in the middle, and then has the whole of it as its tooltip.
#pragma once

#include <QComboBox>

namespace app {

class ElidingBox : public QComboBox {
  Q_OBJECT

 public:
  using QComboBox::QComboBox;

  QString shownText() const;  // of the choice, as far as there is room

 protected:
  bool event(QEvent* event) override;
  void paintEvent(QPaintEvent*) override;
};

}  // namespace app
