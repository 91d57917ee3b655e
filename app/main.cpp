#include <QApplication>
#include <cstdio>

#include "app/cli/cli.h"
#include "app/display.h"
#include "app/main_window.h"
#include "app/picture_file.h"
#include "app/services.h"

int main(int argc, char** argv) {
  if (app::isCommandLine(argc, argv)) return app::runCli(argc, argv, app::filePainter());
  if (!app::hasDisplay()) {
    std::fprintf(stderr, "%s\n", app::noDisplayMessage());
    return 1;
  }
  app::explainMissingDisplay();
  QApplication::setHighDpiScaleFactorRoundingPolicy(Qt::HighDpiScaleFactorRoundingPolicy::PassThrough);
  QApplication application(argc, argv);
  application.setApplicationName("expertscope");
  application.setApplicationDisplayName("Expertscope");
  application.setDesktopFileName("expertscope");
  app::MainWindow window(app::programServices(), app::defaultSettingsFile());
  window.show();
  window.start();
  return application.exec();
}
