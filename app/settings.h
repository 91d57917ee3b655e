// What the window remembers between two starts, apart from the runs: an INI file.
#pragma once

#include <QByteArray>
#include <QMap>
#include <QString>
#include <QStringList>

#include "core/engine/engine.h"

namespace app {

enum class ThemeChoice { System, Dark, Light };

struct Settings {
  ThemeChoice theme = ThemeChoice::System;
  double textScale = 1;
  QString device = "auto";  // "cpu" or "gpu:N"
  bool reducedMotion = false;
  QString storeFile;  // empty: the usual place
  core::Capture capture = core::Capture::Ledger;
  bool storeFull = false;       // the tensors of `full` go into the database as well
  QStringList tornOut;          // instruments in docks of their own
  QStringList knownLarge;       // content hashes of large models that are opened without a question
  bool hintsSeen = false;       // the dock of the first start was closed
  QMap<QString, QString> keys;  // of commands, where they differ from the table
  QByteArray geometry, layout;
};

// A file that is missing or broken gives the defaults.
Settings loadSettings(const QString& file);
void saveSettings(const QString& file, const Settings& settings);

// $XDG_CONFIG_HOME/expertscope/window.ini
QString defaultSettingsFile();

}  // namespace app
