// The settings: read at the start, changed in their dialog, in effect at once.
#include "app/dialogs/settings_dialog.h"
#include "app/docks/prompt_dock.h"
#include "app/main_window.h"
#include "core/model/cost.h"

namespace app {

void MainWindow::showSettings() {
  auto* dialog = new SettingsDialog(m_settings, QString::fromStdString(m_workbench->storeFile().string()), this);
  connect(dialog, &SettingsDialog::changed, this, &MainWindow::changeSettings);
  if (const auto& model = m_workbench->model()) {
    const int64_t bytes = core::fullTensorBytes(model->config, 1);
    dialog->showTensorSize(tr("%1: %2 a token.")
                               .arg(QString::fromStdString(model->name),
                                    QString::fromStdString(core::bytesText(static_cast<uint64_t>(bytes)))));
  }
  const auto devices = [this, dialog] { dialog->showDevices(m_workbench->devices(), m_workbench->device()); };
  connect(m_workbench.get(), &Workbench::devicesListed, dialog, devices);
  connect(m_workbench.get(), &Workbench::deviceChanged, dialog, devices);
  if (m_workbench->devices().empty()) {
    m_workbench->listDevices();
  } else {
    devices();
  }
  dialog->open();
}

void MainWindow::changeSettings(const Settings& settings) {
  const Settings before = m_settings;
  m_settings.theme = settings.theme;
  m_settings.textScale = settings.textScale;
  m_settings.reducedMotion = settings.reducedMotion;
  m_settings.capture = settings.capture;
  m_settings.storeFull = settings.storeFull;
  m_settings.knownLarge = settings.knownLarge;
  m_settings.device = settings.device;
  m_settings.storeFile = settings.storeFile;
  m_prompt->setCapture(settings.capture, settings.storeFull);
  m_workbench->setKnownLarge(settings.knownLarge);
  if (settings.textScale != before.textScale) {
    setTextScale(settings.textScale);
  } else {
    applyTheme();
  }
  if (settings.device != before.device) m_workbench->setDevice(settings.device);
  if (settings.storeFile != before.storeFile) m_workbench->useStore(settings.storeFile);
  saveSettings(m_settingsFile, m_settings);
}

}  // namespace app
