#include "app/display.h"

#include <QString>
#include <cstdio>
#include <cstdlib>

namespace app {
namespace {

void onMessage(QtMsgType type, const QMessageLogContext&, const QString& text) {
  if (type == QtFatalMsg) {
    std::fprintf(stderr, "%s\n", noDisplayMessage());
    std::_Exit(1);
  }
  // Qt's own remark before it gives up says the same in more words; the rest is for whoever looks at stderr.
  if (text.contains(QLatin1String("could not connect to display")) ||
      text.contains(QLatin1String("Could not load the Qt platform plugin"))) {
    return;
  }
  std::fprintf(stderr, "%s\n", qPrintable(text));
}

bool isSet(const char* variable) { return !qEnvironmentVariableIsEmpty(variable); }

}  // namespace

bool hasDisplay() { return isSet("DISPLAY") || isSet("WAYLAND_DISPLAY") || isSet("QT_QPA_PLATFORM"); }

const char* noDisplayMessage() {
  return "expertscope: there is no display to open a window on; `expertscope trace --model seed-7m --prompt TEXT` runs "
         "without one.";
}

void explainMissingDisplay() { qInstallMessageHandler(onMessage); }

}  // namespace app
