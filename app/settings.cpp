#include "app/settings.h"

#include <QSettings>
#include <QStandardPaths>
#include <algorithm>

namespace app {
namespace {
// Goes up when docks are named or arranged anew, so that an older arrangement is not forced on them.
constexpr int kLayoutVersion = 2;

QString captureName(core::Capture capture) {
  return capture == core::Capture::Routing ? "routing" : capture == core::Capture::Full ? "full" : "ledger";
}

core::Capture captureNamed(const QString& name) {
  return name == "routing" ? core::Capture::Routing : name == "full" ? core::Capture::Full : core::Capture::Ledger;
}
}  // namespace

Settings loadSettings(const QString& file) {
  const QSettings stored(file, QSettings::IniFormat);
  Settings settings;
  const QString theme = stored.value("theme").toString();
  settings.theme = theme == "dark" ? ThemeChoice::Dark : theme == "light" ? ThemeChoice::Light : ThemeChoice::System;
  settings.textScale = std::clamp(stored.value("textScale", 1.0).toDouble(), 1.0, 2.0);
  settings.device = stored.value("device", "auto").toString();
  settings.reducedMotion = stored.value("reducedMotion", false).toBool();
  settings.storeFile = stored.value("storeFile").toString();
  settings.capture = captureNamed(stored.value("capture").toString());
  settings.storeFull = stored.value("storeFull", false).toBool();
  settings.tornOut = stored.value("tornOut").toStringList();
  settings.knownLarge = stored.value("knownLarge").toStringList();
  settings.hintsSeen = stored.value("hintsSeen", false).toBool();
  for (const QString& key : stored.allKeys()) {
    if (key.startsWith("keys/")) settings.keys.insert(key.mid(5), stored.value(key).toString());
  }
  if (stored.value("layoutVersion").toInt() == kLayoutVersion) {
    settings.geometry = stored.value("geometry").toByteArray();
    settings.layout = stored.value("layout").toByteArray();
  }
  return settings;
}

void saveSettings(const QString& file, const Settings& settings) {
  QSettings stored(file, QSettings::IniFormat);
  stored.setValue("theme", settings.theme == ThemeChoice::Dark    ? "dark"
                           : settings.theme == ThemeChoice::Light ? "light"
                                                                  : "system");
  stored.setValue("textScale", settings.textScale);
  stored.setValue("device", settings.device);
  stored.setValue("reducedMotion", settings.reducedMotion);
  stored.setValue("storeFile", settings.storeFile);
  stored.setValue("capture", captureName(settings.capture));
  stored.setValue("storeFull", settings.storeFull);
  stored.setValue("tornOut", settings.tornOut);
  stored.setValue("knownLarge", settings.knownLarge);
  stored.setValue("hintsSeen", settings.hintsSeen);
  stored.remove("keys");
  for (auto key = settings.keys.begin(); key != settings.keys.end(); ++key) {
    stored.setValue("keys/" + key.key(), key.value());
  }
  stored.setValue("layoutVersion", kLayoutVersion);
  stored.setValue("geometry", settings.geometry);
  stored.setValue("layout", settings.layout);
}

QString defaultSettingsFile() {
  return QStandardPaths::writableLocation(QStandardPaths::GenericConfigLocation) + "/expertscope/window.ini";
}

}  // namespace app
