// Three hints for whoever opens the program for the first time; nothing is covered, and closing it is for good.
#pragma once

#include "app/docks/dock.h"

namespace app {

class HintsDock : public Dock {
  Q_OBJECT

 public:
  explicit HintsDock(QWidget* parent);
};

}  // namespace app
