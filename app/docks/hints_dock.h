// Three hints for whoever opens the program for the first time; nothing is covered, and closing it is for good.
#pragma once

#include <vector>

#include "app/docks/dock.h"

class QLabel;

namespace app {

class HintsDock : public Dock {
  Q_OBJECT

 public:
  explicit HintsDock(QWidget* parent);

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  std::vector<QLabel*> m_more;
};

}  // namespace app
