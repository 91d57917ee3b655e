// Whether the desktop is dark, asked of its settings portal on the session bus and followed while the window is open.
// Without a bus or a portal there is nothing to follow: whoever asks keeps what the palette said at the start.
#pragma once

#include <QObject>
#include <optional>

class QDBusPendingCallWatcher;
class QDBusVariant;
class QVariant;

namespace app {

// The portal's color-scheme: 1 is dark, 2 is light; anything else is no preference.
std::optional<bool> isDarkScheme(const QVariant& value);

class SystemTheme : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;
  void follow();  // asks; answers come later, as changed()

 signals:
  void changed(bool dark);

 private slots:
  void settingChanged(const QString& group, const QString& key, const QDBusVariant& value);

 private:
  void answered(QDBusPendingCallWatcher* call);
};

}  // namespace app
