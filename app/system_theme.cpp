#include "app/system_theme.h"

#include <QDBusConnection>
#include <QDBusMessage>
#include <QDBusPendingCallWatcher>
#include <QDBusPendingReply>
#include <QDBusVariant>

namespace app {
namespace {

constexpr const char* kService = "org.freedesktop.portal.Desktop";
constexpr const char* kPath = "/org/freedesktop/portal/desktop";
constexpr const char* kInterface = "org.freedesktop.portal.Settings";
const QString kGroup = QStringLiteral("org.freedesktop.appearance");
const QString kKey = QStringLiteral("color-scheme");

}  // namespace

std::optional<bool> isDarkScheme(const QVariant& value) {
  if (value.canConvert<QDBusVariant>()) return isDarkScheme(value.value<QDBusVariant>().variant());
  bool isNumber = false;
  const uint scheme = value.toUInt(&isNumber);
  if (!isNumber || scheme < 1 || scheme > 2) return std::nullopt;
  return scheme == 1;
}

void SystemTheme::follow() {
  // Without an address Qt would start a bus of its own.
  if (qEnvironmentVariableIsEmpty("DBUS_SESSION_BUS_ADDRESS")) return;
  QDBusConnection bus = QDBusConnection::sessionBus();
  if (!bus.isConnected()) return;
  bus.connect(kService, kPath, kInterface, "SettingChanged", this,
              SLOT(settingChanged(QString, QString, QDBusVariant)));
  QDBusMessage ask = QDBusMessage::createMethodCall(kService, kPath, kInterface, "Read");
  ask << kGroup << kKey;
  auto* call = new QDBusPendingCallWatcher(bus.asyncCall(ask), this);
  connect(call, &QDBusPendingCallWatcher::finished, this, &SystemTheme::answered);
}

void SystemTheme::answered(QDBusPendingCallWatcher* call) {
  const QDBusPendingReply<QDBusVariant> reply = *call;
  call->deleteLater();
  if (reply.isError()) return;
  if (const auto dark = isDarkScheme(QVariant::fromValue(reply.value()))) emit changed(*dark);
}

void SystemTheme::settingChanged(const QString& group, const QString& key, const QDBusVariant& value) {
  if (group != kGroup || key != kKey) return;
  if (const auto dark = isDarkScheme(value.variant())) emit changed(*dark);
}

}  // namespace app
