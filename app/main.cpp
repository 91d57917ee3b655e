#include <QApplication>
#include <cstdio>

#include "app/display.h"

int main(int argc, char** argv) {
  if (!app::hasDisplay()) {
    std::fprintf(stderr, "%s\n", app::noDisplayMessage());
    return 1;
  }
  app::explainMissingDisplay();
  QApplication application(argc, argv);
  return 0;
}
